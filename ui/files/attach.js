// Ways for files to come to where one writes: a button, pasting, and dropping them on the conversation. What shows them is
// loaded when there are some.

import { reasonOf } from '../base/api.js';
import { el } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { load } from '../base/load.js';
import { openMenu } from '../base/menu.js';
import { kept } from '../base/storage.js';
import { t } from '../words/index.js';
import { keyOf } from './chosen.js';

/** @import {MessageComposer} from '../messages/message-composer.js' */
/** @import {Client} from '../shell/client.js' */

/** Named one by one, so that iPhones turn theirs into something that others can see. */
const MEDIA = 'image/jpeg,image/png,image/webp,image/gif,video/*';
const CLIP = 'M20 11.5l-7.8 7.8a5 5 0 0 1-7-7L13 4.4a3.3 3.3 0 0 1 4.7 4.7l-7.8 7.8a1.7 1.7 0 0 1-2.3-2.3l7-7.1';
const PICTURE = 'M4 5h16v14H4zM4 16l4.5-4.5 4 4 2.5-2.5 5 5M15.5 9.5h.01';
const MICROPHONE = 'M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3M6 11a6 6 0 0 0 12 0M12 17v4';
const SHEET = 'M6 3h8l4 4v14H6zM14 3v4h4';

/** Which conversations have a tray from before, by client. @type {WeakMap<Client, Set<string>>} */
const begun = new WeakMap();

/** From now on, there is a tray. @param {Client} client @param {string} id of the conversation */
export function trayBegins(client, id) {
  begun.set(client, (begun.get(client) ?? new Set()).add(id));
}

/** @param {MessageComposer} composer @param {Client} client @param {string} id of the conversation @param {() => void} sent */
export function takeFiles(composer, client, id, sent) {
  const problem = el('p', { class: 'problem', role: 'alert' });
  composer.prepend(problem);
  const open = async () => {
    const { openTray } = await load(() => import('./tray.js'));
    trayBegins(client, id);
    return openTray(client, id, composer, sent);
  };
  /** @param {Iterable<File>} files */
  const take = async (files) => {
    const all = [...files];
    if (all.length === 0) return;
    try {
      problem.textContent = '';
      await (await open()).add(all);
      composer.takeFocus();
    } catch (error) {
      problem.textContent = reasonOf(error);
    }
  };
  const key = keyOf(client.user.id, id);
  if (begun.get(client)?.has(id) || kept(key)) open().catch(reasonOf);
  // Another tab has some.
  addEventListener('storage', (event) => event.key === key && kept(key) && open().catch(reasonOf), { signal: composer.signal });

  const input = el('input', {
    type: 'file', multiple: true, hidden: true, 'aria-label': t('files.attach'), change: () => {
      take(input.files ?? []);
      input.value = '';
    },
  });
  const choose = (/** @type {string} */ accept) => () => {
    input.accept = accept;
    input.click();
  };
  const button = el('button', {
    class: 'tool attach', type: 'button', 'aria-label': t('files.attach'), title: t('files.attach'), 'aria-haspopup': 'menu',
    click: () => {
      const { left, top } = button.getBoundingClientRect();
      openMenu(t('files.attach'), [
        { name: t('files.media'), lines: PICTURE, act: choose(MEDIA) },
        { name: t('files.file'), lines: SHEET, act: choose('') },
      ], { x: left, y: top });
    },
  }, drawing(CLIP));
  composer.form.append(input, button);
  if (navigator.mediaDevices && 'MediaRecorder' in globalThis) composer.form.append(microphone(composer, client, id, sent, problem));
  composer.addEventListener('paste', (event) => {
    const { files, types } = event.clipboardData ?? {};
    // Tables and texts come with a picture of themselves.
    if (!files?.length || types?.includes('text/plain')) return;
    event.preventDefault();
    take(files);
  });
  takeDropped(composer, take);
}

/**
 * Stands where Send is, while nothing is written.
 * @param {MessageComposer} composer @param {Client} client @param {string} id @param {() => void} sent @param {Element} problem
 */
function microphone(composer, client, id, sent, problem) {
  /** What began it, where that is a finger or a mouse. @type {PointerEvent | null} */
  let held = null;
  const begin = async () => {
    problem.textContent = '';
    try {
      const [{ record }, { uploadsOf }] = await Promise.all([load(() => import('./recorder.js')), load(() => import('./uploads.js'))]);
      await record(composer, held, (recording) => {
        sent();
        uploadsOf(client).add(id, '', [recording], composer.takeQuote());
      });
    } catch (error) {
      problem.textContent = error instanceof DOMException ? t('files.noMicrophone') : reasonOf(error);
    }
    held = null;
  };
  return el('button', {
    class: 'tool microphone', type: 'button', 'aria-label': t('files.record'), title: t('files.record'),
    pointerdown: (/** @type {PointerEvent} */ event) => {
      // It may have begun already, and wait for somebody to allow it.
      if (event.button !== 0 || held) return;
      held = event;
      begin();
    },
    // Where the finger is lifted, something else stands by then, which isn’t tapped.
    touchend: (/** @type {TouchEvent} */ event) => event.cancelable && event.preventDefault(),
    // By a key, or by a screen reader.
    click: ({ detail }) => detail === 0 && !held && begin(),
  }, drawing(MICROPHONE));
}

/** @param {MessageComposer} composer @param {(files: Iterable<File>) => void} take */
function takeDropped(composer, take) {
  const area = composer.parentElement;
  if (!area) return;
  const { signal } = composer;
  const veil = el('p', { class: 'drop-here', hidden: true }, t('files.drop'));
  area.append(veil);
  signal.addEventListener('abort', () => veil.remove());
  const hasFiles = (/** @type {DragEvent} */ { dataTransfer }) => dataTransfer?.types.includes('Files') ?? false;
  // Where nobody can write, nobody can send.
  const mayDrop = (/** @type {DragEvent} */ event) => hasFiles(event) && composer.checkVisibility();
  area.addEventListener('dragover', (event) => {
    if (!mayDrop(event)) return;
    event.preventDefault();
    veil.hidden = false;
  }, { signal });
  area.addEventListener('dragleave', ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node) || !area.contains(relatedTarget)) veil.hidden = true;
  }, { signal });
  area.addEventListener('drop', (event) => {
    veil.hidden = true;
    if (!mayDrop(event)) return;
    event.preventDefault();
    take(event.dataTransfer?.files ?? []);
  }, { signal });
  // Beside it, a browser would leave the page for the file.
  for (const name of ['dragover', 'drop']) {
    addEventListener(name, (event) => hasFiles(/** @type {DragEvent} */ (event)) && event.preventDefault(), { signal });
  }
}
