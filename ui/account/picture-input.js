// Choosing a picture of oneself, or of a room: a file, and then which part of it is seen.

import { reasonOf } from '../base/api.js';
import { el } from '../base/dom.js';
import { load } from '../base/load.js';
import { t } from '../words/index.js';

/**
 * Nobody sees it: a click on it asks for the file.
 * @param {{title: string, kind: 'person' | 'room', save: (picture: Blob) => Promise<unknown>, tell: (problem: string) => void}} uses
 */
export function pictureInput({ title, kind, save, tell }) {
  const choose = async () => {
    const [file] = input.files ?? [];
    if (!file) return;
    tell('');
    try {
      const { choosePicture } = await load(() => import('./picture-dialog.js'));
      await choosePicture(file, { title, kind, save });
    } catch (error) {
      tell(reasonOf(error));
    }
    // The same file may be chosen again.
    input.value = '';
  };
  const input = el('input', { type: 'file', accept: 'image/*', hidden: true, 'aria-label': t('account.choosePicture'), change: choose });
  return input;
}
