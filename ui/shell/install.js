// Sees to it that the page opens without the server, too.

import { workerUrl } from '../base/workers.js';

/** To be called where there are service workers, which is on secure pages. */
export async function install() {
  // What the page needs itself comes first.
  if (document.readyState !== 'complete') await new Promise((done) => addEventListener('load', done, { once: true }));
  try {
    // A classic script, as not every browser takes a module here.
    const registration = await navigator.serviceWorker.register(workerUrl('service'));
    // A new worker keeps the shell anyway.
    registration.active?.postMessage('keep');
  } catch (error) {
    // Some refuse it for a certificate that somebody waved through, or in a private window.
    console.info('Tincan won’t open offline:', error);
  }
}
