// Follows the feed at the URL that it is given, and prints each message. By EventSource as the npm package `eventsource`
// has it, or with a second argument by `reconnecting-eventsource`, which opens it anew whenever it gives up.

import { createRequire } from 'node:module';

const require = createRequire(new URL('../../.ci/package.json', import.meta.url));
const { EventSource } = require('eventsource');
const [url, reconnecting] = process.argv.slice(2);

const open = () => {
  if (!reconnecting) return new EventSource(url);
  const ReconnectingEventSource = require('reconnecting-eventsource').default;
  return new ReconnectingEventSource(url, { eventSourceClass: EventSource, max_retry_time: 500 });
};

const stream = open();
stream.addEventListener('hello', () => console.log('hello'));
stream.addEventListener('message', (event) => console.log(`message ${JSON.parse(event.data).content}`));
// The parent’s end closes this, however the parent ends.
process.stdin.on('end', () => process.exit()).resume();
