// Sees to it that the page can be installed, and opens without the server, too.

import { el } from '../base/dom.js';
import { workerUrl } from '../base/workers.js';
import { keepPrompt } from './install-prompt.js';

/** Only secure pages have service workers; plain http can be put on a home screen all the same. */
export async function install() {
  // What the page needs itself comes first.
  if (document.readyState !== 'complete') await new Promise((done) => addEventListener('load', done, { once: true }));
  keepPrompt();
  // Nobody needs it at the first look.
  document.head.append(el('link', { rel: 'manifest', href: '/manifest.webmanifest' }));
  if (!navigator.serviceWorker) return;
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
