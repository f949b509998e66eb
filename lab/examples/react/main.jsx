import { createRoot } from 'react-dom/client';
import { Messenger } from './messenger.jsx';

const options = Object.fromEntries(new URLSearchParams(location.search));
createRoot(document.querySelector('#app')).render(<Messenger {...options} />);
