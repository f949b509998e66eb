// Whether the page can be installed here, and the browser’s own question for that, which it gives once and early.

/** @typedef {Event & {prompt(): Promise<unknown>}} InstallPrompt */

/** Fires `change`. */
export const prompts = new EventTarget();

/** @type {InstallPrompt | null} */
let kept = null;

/** From now on, the page asks in the browser’s place, and when it is a good moment. */
export function keepPrompt() {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    keep(/** @type {InstallPrompt} */ (event));
  });
  addEventListener('appinstalled', () => keep(null));
}

/** @param {InstallPrompt | null} prompt */
function keep(prompt) {
  kept = prompt;
  prompts.dispatchEvent(new Event('change'));
}

/**
 * How the page comes to be installed: by the browser’s question, by hand, as on an iPhone, or not at all, as where it is
 * already.
 * @returns {'prompt' | 'hand' | null}
 */
export function wayToInstall() {
  if (matchMedia('(display-mode: standalone)').matches) return null;
  // Only Safari’s engine has it, on devices with a home screen. On plain http, nothing would come of it but an icon.
  if (isSecureContext && Reflect.get(navigator, 'standalone') === false) return 'hand';
  return kept && 'prompt';
}

/** At a click. A question can be asked once. */
export async function install() {
  await kept?.prompt();
  keep(null);
}
