'use client';

import { useEffect, useState } from 'react';
import { Messenger } from 'tincan-example-react/messenger.jsx';

export default function Page() {
  // Only the browser knows the address and who has signed in.
  const [options, setOptions] = useState();
  useEffect(() => setOptions(Object.fromEntries(new URLSearchParams(location.search))), []);
  return options && <Messenger {...options} />;
}
