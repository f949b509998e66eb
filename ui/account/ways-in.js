// How one signs in: by a password, and by other services.

import { attempt } from '../base/attempt.js';
import { about, card, explained, setting } from '../base/cards.js';
import { ask, openDialog } from '../base/dialog.js';
import { el, nameOf } from '../base/dom.js';
import { form, ownerOf, passwordField } from '../base/fields.js';
import { t, tn } from '../words/index.js';
import { isProven } from './prove.js';
import { providerName, providerPath } from './providers.js';
import { changePassword, unlink } from './settings.js';

/** @import {Config, Identity, Settings} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

/** @param {{client: Client, settings: Settings, config: Config, changed: () => void}} props */
export function waysInView({ client, settings: { hasPassword, identities = [] }, config, changed }) {
  const linked = new Set(identities.map(({ provider }) => provider));
  return [card(
    password(client, hasPassword, changed),
    ...identities.map((identity) => unlinking(client, identity, changed)),
    ...config.providers.filter((id) => !linked.has(id)).map((id) => linking(client, providerName(config, id), id)))];
}

/** @param {Client} client @param {boolean} hasPassword @param {() => void} changed */
function password(client, hasPassword, changed) {
  const said = el('p', { class: 'muted', role: 'status' });
  const done = () => {
    said.textContent = t('account.passwordChanged');
    changed();
  };
  return setting(
    el('div', {}, el('p', { class: 'strong' }, t('account.password')),
      hasPassword ? null : el('p', { class: 'muted' }, t('account.noPassword')),
      said),
    el('button', { class: 'button', click: () => choosePassword(client, hasPassword, done) },
      hasPassword ? t('account.changePassword') : t('account.setPassword')));
}

/** @param {Client} client @param {boolean} hasPassword @param {() => void} done */
function choosePassword({ api, user }, hasPassword, done) {
  const current = passwordField('current', t('account.currentPassword'), 'current-password');
  const next = passwordField('new', t('account.newPassword'), 'new-password');
  const note = el('p', { class: 'muted' }, t('account.passwordNote'));
  const parts = [ownerOf(user.username), ...(hasPassword ? [current] : []), next, note];
  const change = form(parts, hasPassword ? t('account.changePassword') : t('account.setPassword'), async () => {
    await changePassword(api, next.value, hasPassword ? current.value : undefined);
    dialog?.close();
    done();
  }, { 403: current });
  const dialog = openDialog(hasPassword ? t('account.changePassword') : t('account.setPassword'), change);
  (hasPassword ? current : next).input.focus();
}

/** @param {Client} client @param {Identity} identity @param {() => void} changed */
function unlinking({ api }, { provider, name, username }, changed) {
  const problem = el('p', { class: 'problem', role: 'alert' });
  const remove = async () => {
    if (!await ask(t('account.unlinkTitle', { name }), t('account.unlink'), { text: t('account.unlinkHelp') })) return;
    await attempt(problem, async () => {
      await unlink(api, provider ?? '');
      changed();
    });
  };
  return setting(
    el('div', {}, el('p', { class: 'strong' }, name),
      el('p', { class: 'muted' }, ...(username ? tn('account.linkedTo', { name: nameOf(username) }) : [t('account.linked')])),
      provider ? null : el('p', { class: 'muted' }, t('account.notOffered')), problem),
    provider ? el('button', { class: 'button', click: remove }, t('account.unlink'), about(name)) : null);
}

/** @param {Client} client @param {string} name @param {string} id */
function linking({ api }, name, id) {
  const problem = el('p', { class: 'problem', role: 'alert' });
  const link = () => attempt(problem, async () => {
    // Before one leaves this page, as another way in lasts.
    if (await isProven(api)) location.assign(providerPath(id, { link: '1', next: '/settings' }));
  });
  return setting(el('div', {}, explained(name, t('account.notLinked')), problem),
    el('button', { class: 'button', click: link }, t('account.link'), about(name)));
}
