// Reporting a message to the administrators.

import { actions, openDialog } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { form } from '../base/fields.js';
import { told } from '../base/secret.js';
import { t } from '../words/index.js';
import { reportMessage } from './report.js';

/** @import {Message} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

const LONGEST = '500';

/** @param {Client} client @param {Message} message */
export function openReport({ api }, { id }) {
  const reason = el('textarea', { id: 'report-reason', rows: '3', maxlength: LONGEST, dir: 'auto' });
  const body = el('div', { class: 'form' });
  const send = async () => {
    await reportMessage(api, id, reason.value.trim());
    body.replaceChildren(
      told(t('messages.reported')),
      actions(el('button', { class: 'button primary', click: () => dialog?.close() }, t('base.done'))));
    body.querySelector('p')?.focus();
  };
  body.append(
    el('p', { class: 'muted' }, t('messages.reportHelp')),
    form([el('div', { class: 'field' }, el('label', { for: 'report-reason' }, t('messages.reportReason')), reason)],
      t('messages.report'), send, {}, true));
  const dialog = openDialog(t('messages.reportTitle'), body);
  reason.focus();
}
