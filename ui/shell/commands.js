// What one can do from the search field, by its name: make a room, go to a section of the settings, change the theme …

import { load } from '../base/load.js';
import { t } from '../words/index.js';

/** @import {Context} from './messenger.js' */

/** `lines` are those of its icon. @typedef {{name: string, lines: string, run: () => unknown}} Command */

const PLUS = 'M12 5v14M5 12h14';
const SUN = 'M12 12m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0M12 3v1M12 20v1M3 12h1M20 12h1M5.6 5.6l.7.7M17.7 17.7l.7.7M5.6 18.4l.7-.7M17.7 6.3l.7-.7';
const MOON = 'M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5z';
const SLIDERS = 'M4 7h9M19 7h1M4 17h1M11 17h9M13 7a3 3 0 1 0 6 0 3 3 0 1 0-6 0M5 17a3 3 0 1 0 6 0 3 3 0 1 0-6 0';
const KEYS = 'M3 7h18v10H3zM7 10.5h.1M12 10.5h.1M17 10.5h.1M8 14h8';
const OUT = 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9';

/** @param {Context} context @param {boolean} mayInvite @returns {Command[]} */
export function commandsOf(context, mayInvite) {
  const { router, preferences } = context;
  const go = (/** @type {string} */ path) => () => router.go(path);
  return [
    { name: t('conversations.newRoom'), lines: PLUS, run: async () => (await load(() => import('../conversations/room-dialog.js'))).showRoomDialog(context) },
    ...mayInvite ? [{ name: t('invitations.title'), lines: PLUS, run: go('/invite-people') }] : [],
    { name: t('shell.settings'), lines: SLIDERS, run: go('/settings') },
    { name: t('account.profile'), lines: SLIDERS, run: go('/settings#profile') },
    { name: t('account.notifications'), lines: SLIDERS, run: go('/settings#notifications') },
    { name: t('account.appearance'), lines: SLIDERS, run: go('/settings#appearance') },
    { name: t('account.language'), lines: SLIDERS, run: go('/settings#appearance') },
    { name: t('account.devices'), lines: SLIDERS, run: go('/settings#devices') },
    { name: t('shell.light'), lines: SUN, run: () => { preferences.theme = 'light'; } },
    { name: t('shell.dark'), lines: MOON, run: () => { preferences.theme = 'dark'; } },
    { name: t('shell.system'), lines: SUN, run: () => { preferences.theme = 'system'; } },
    { name: t('shell.shortcuts'), lines: KEYS, run: async () => (await load(() => import('./keyboard-help.js'))).showKeyboardHelp() },
    { name: t('shell.connection'), lines: SLIDERS, run: async () => (await load(() => import('./connection-help.js'))).showConnection(context) },
    { name: t('shell.signOut'), lines: OUT, run: () => signOut(context) },
  ];
}

/** @param {Context} context */
async function signOut({ client, leave }) {
  const { signOut } = await load(() => import('../account/sign-out.js'));
  await signOut(client, leave);
}
