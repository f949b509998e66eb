// How one signs in: by a password, and by other services.

import { reasonOf } from '../base/api.js';
import { about, card, explained, setting } from '../base/cards.js';
import { openDialog } from '../base/dialog.js';
import { el, nameOf } from '../base/dom.js';
import { form, ownerOf, passwordField } from '../base/fields.js';
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
    ...config.providers.filter((id) => !linked.has(id)).map((id) => linking(providerName(config, id), id)))];
}

/** @param {Client} client @param {boolean} hasPassword @param {() => void} changed */
function password(client, hasPassword, changed) {
  const action = hasPassword ? 'Change' : 'Set';
  const said = el('p', { class: 'muted', role: 'status' });
  const done = () => {
    said.textContent = 'The password is set. Every other device has been signed out.';
    changed();
  };
  return setting(
    el('div', {}, el('p', { class: 'strong' }, 'Password'),
      hasPassword ? null
        : el('p', { class: 'muted' }, 'There is none. With one, you can sign in without another service.'),
      said),
    el('button', { class: 'button', click: () => choosePassword(client, hasPassword, done) },
      action, about('password')));
}

/** @param {Client} client @param {boolean} hasPassword @param {() => void} done */
function choosePassword({ api, user }, hasPassword, done) {
  const current = passwordField('current', 'Current password', 'current-password');
  const next = passwordField('new', 'New password', 'new-password');
  const note = el('p', { class: 'muted' }, 'Every other device is signed out then.');
  const parts = [ownerOf(user.username), ...(hasPassword ? [current] : []), next, note];
  const change = form(parts, hasPassword ? 'Change password' : 'Set password', async () => {
    await changePassword(api, next.value, hasPassword ? current.value : undefined);
    dialog?.close();
    done();
  }, { 403: current });
  const dialog = openDialog(hasPassword ? 'Change password' : 'Set a password', change);
  (hasPassword ? current : next).input.focus();
}

/** @param {Client} client @param {Identity} identity @param {() => void} changed */
function unlinking({ api }, { provider, name, username }, changed) {
  const problem = el('p', { class: 'problem', role: 'alert' });
  const remove = async () => {
    if (!confirm(`Sign in with ${name} no longer?`)) return;
    problem.textContent = '';
    try {
      await unlink(api, provider ?? '');
      changed();
    } catch (error) {
      problem.textContent = reasonOf(error);
    }
  };
  return setting(
    el('div', {}, el('p', { class: 'strong' }, name),
      el('p', { class: 'muted' }, ...(username ? ['Linked to ', nameOf(username)] : ['Linked']),
        provider ? null : '. This server doesn’t offer it any more'), problem),
    provider ? el('button', { class: 'button', click: remove }, 'Unlink', about(name)) : null);
}

/** @param {string} name @param {string} id */
function linking(name, id) {
  return setting(explained(name, 'Not linked.'),
    el('a', { class: 'button', href: providerPath(id, { link: '1', next: '/settings' }), target: '_self' },
      'Link', about(name)));
}
