// The devices that the server pushes to, and taking one of them out.

import { attempt } from '../base/attempt.js';
import { about, fill } from '../base/cards.js';
import { openDialog } from '../base/dialog.js';
import { el } from '../base/dom.js';
import { timeOf } from '../base/times.js';
import { t, tn } from '../words/index.js';
import { deviceName } from './device-name.js';
import { failureText } from './push-settings.js';

/** @import {Push, PushDevice} from '../attention/push.js' */

/** @param {Push} push */
export function showPushDevices(push) {
  const list = el('ul', { class: 'card', 'aria-label': t('account.pushDevices'), tabindex: '-1' });
  /** @type {() => Promise<void>} */
  const look = () => fill(list, async () => {
    const devices = await push.devices();
    return devices.length > 0 ? devices.map((device) => row(push, device, look))
      : [el('li', { class: 'setting' }, el('p', { class: 'muted' }, t('account.pushNoDevices')))];
  });
  openDialog(t('account.pushDevices'), list, el('p', { class: 'muted' }, t('account.pushRemoveHelp')));
  look();
}

/** @param {Push} push @param {PushDevice} device @param {() => Promise<void>} look */
function row(push, device, look) {
  const name = deviceName(device.device);
  const problem = el('p', { class: 'problem', role: 'alert' });
  const remove = () => attempt(problem, async () => {
    const list = button.closest('ul');
    await push.remove(device);
    await look();
    list?.focus();
  });
  const button = el('button', { class: 'button', click: remove }, t('account.pushRemove'), about(name));
  const last = device.deliveredAt ? tn('account.pushLast', { time: timeOf(device.deliveredAt) }) : [t('account.pushNone')];
  return el('li', { class: 'setting' },
    el('div', {},
      el('p', { class: 'strong', title: device.device }, name),
      device.current ? el('p', { class: 'tag' }, t('account.thisDevice')) : null,
      el('p', { class: 'muted' }, ...last),
      device.failure ? el('p', { class: 'problem' }, failureText(device.failure)) : null,
      problem),
    button);
}
