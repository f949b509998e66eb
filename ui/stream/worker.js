// The one stream of a browser, in a worker that all of its tabs share; its name is that of the channel to them.

import { Relay } from './feed.js';

new Relay(self.name, '', () => self.close());
