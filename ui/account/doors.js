// What links lead to: the first account, an invitation, a new password, and a name for somebody another service knows.

import { ApiError, reasonOf } from '../base/api.js';
import { el, failure, nameOf, skeleton } from '../base/dom.js';
import { codeField, Field, form, passwordField, usernameField, withCode } from '../base/fields.js';
import { titleOf } from '../base/format.js';
import { dateOf } from '../base/times.js';
import { listAll } from '../people/all-names.js';
import { isolated, listNames } from '../people/names.js';
import { t, tn } from '../words/index.js';
import { forgetToken, keptToken, takeToken, tokenIn } from './links.js';
import { passkeyOffer } from './passkey-offer.js';
import { providerLinks } from './providers.js';

/** @import {Config, User} from '../base/types.js' */
/** @import {Entry, Grant, Pending, Welcome} from './entry.js' */

/**
 * Where it is shown, and what happens to whoever gets in.
 * @typedef {{entry: Entry, config: Config, call: (title: string) => unknown, show: (...content: Node[]) => unknown,
 *   enter: (welcome: Welcome, goal?: string) => void}} Door
 */

/** Where whoever has set the server up begins, as there is nobody to talk to yet. */
const AFTER_SETUP = '/invite-people';
/** @type {Record<string, (door: Door) => void>} */
const DOORS = { '/setup': openSetup, '/invite': openInvitation, '/reset': openReset, '/join': openJoin };

/** Shows what the address leads to; whether it leads to any of these. @param {Door} door */
export function openDoor(door) {
  const open = DOORS[location.pathname];
  open?.(door);
  return Boolean(open);
}

/** @param {Door} door */
function openSetup(door) {
  const setupToken = takeToken('setup');
  const { signup, dev } = door.config;
  if (signup !== 'setup' && !dev) {
    forgetToken('setup');
    return shut(door, t('account.setupFinished'), t('account.setupFinishedHelp'));
  }
  if (!setupToken) {
    return shut(door, t('account.setupIncomplete'), t('account.setupIncompleteHelp'));
  }
  door.call(t('account.welcome'));
  door.show(
    el('p', {}, t('account.setupHelp')),
    newAccount(door, { setupToken, room: t('account.everyone') }, AFTER_SETUP));
}

/** @param {Door} door */
async function openInvitation(door) {
  const invite = takeToken('invite');
  door.call(t('account.invitation'));
  const again = () => openInvitation(door);
  const found = await check(door, invite && (() => door.entry.checkInvitation(invite)), again);
  if (found === null) return;
  if (found === undefined) {
    forgetToken('invite');
    shut(door, t('account.inviteInvalid'), t('account.inviteInvalidHelp'));
    return;
  }
  const { invitedBy, rooms, expiresAt } = found;
  door.call(invitedBy ? t('account.invitedBy', { name: isolated(invitedBy) }) : t('account.invited'));
  door.show(
    ...(rooms.length > 0 ? [el('p', {}, ...tn('account.inviteRooms', { rooms: el('strong', {}, listNames(rooms)) }))] : []),
    el('p', { class: 'muted' }, ...tn('account.expires', { time: dateOf(expiresAt) })),
    newAccount(door, { invite }),
    ...providerLinks(door.config),
    haveOne());
}

/** @param {Door} door */
async function openReset(door) {
  const token = takeToken('reset');
  door.call(t('account.resetTitle'));
  const again = () => openReset(door);
  const found = await check(door, token && (() => door.entry.checkReset(token)), again);
  if (found === null) return;
  if (found === undefined) {
    forgetToken('reset');
    shut(door, t('account.resetInvalid'), t('account.resetInvalidHelp'));
    return;
  }
  const owner = usernameField(t('account.username'), found.username);
  owner.input.readOnly = true;
  const password = passwordField('password', t('account.newPassword'), 'new-password');
  door.show(
    el('p', {}, ...tn('account.resetHelp', { name: el('strong', {}, nameOf(found.username)) })),
    form([owner, password], t('account.setPassword'), async () => {
      const welcome = await door.entry.resetPassword(token, password.value);
      const made = welcome.madeAdministrators ?? [];
      if (made.length > 0) nameAdministrators(door, made, () => door.enter(welcome));
      else door.enter(welcome);
    }));
}

/** Whoever had the account meanwhile may have made them. @param {Door} door @param {User[]} made @param {() => void} enter */
function nameAdministrators(door, made, enter) {
  forgetToken('reset');
  const goOn = el('button', { class: 'button primary', click: enter }, t('account.goOn'));
  door.show(el('p', { role: 'status' }, t('account.madeAdmins', { names: listAll(made.map(titleOf)) })), goOn);
  goOn.focus();
}

/** @param {Door} door */
async function openJoin(door) {
  door.call(t('account.joinTitle'));
  door.show(skeleton());
  /** @type {Pending} */
  let pending;
  try {
    pending = await door.entry.pending();
  } catch (error) {
    if (isRefused(error)) shut(door, t('account.joinExpired'), t('account.joinExpiredHelp'));
    else door.show(failure(reasonOf(error), () => openJoin(door)));
    return;
  }
  if (pending.needsCode) {
    askCode(door);
    return;
  }
  const username = usernameField(t('account.username'), pending.username, t('account.newNameHelp'));
  const invitation = new Field('invite', t('account.invitation'), { required: true, autocomplete: 'off', spellcheck: 'false' },
    t('account.pasteInvite'));
  let invite = pending.needsInvite ? keptToken('invite') : '';
  const asks = () => pending.needsInvite && !invite;
  const complete = async () => {
    try {
      const grant = pending.needsInvite ? invite || tokenIn(invitation.value) : undefined;
      door.enter(await door.entry.join(username.value, grant));
    } catch (error) {
      // The one that was kept may have been used meanwhile.
      if (invite && error instanceof ApiError && error.status === 403) {
        forgetToken('invite');
        invite = '';
        invitation.element.hidden = false;
        invitation.input.disabled = false;
      }
      throw error;
    }
  };
  invitation.element.hidden = !asks();
  // What is hidden needn't be filled in.
  invitation.input.disabled = !asks();
  if (pending.usernameTaken) username.complain(t('account.nameTaken', { name: pending.username }));
  door.show(
    el('p', {}, t('account.joinHelp', { name: pending.name })),
    form([username, invitation], t('account.join'), complete, { 409: username, 403: invitation }),
    haveOne());
}

/** The second step of somebody whom another service knows. @param {Door} door */
function askCode(door) {
  const code = codeField();
  door.call(t('account.secondStep'));
  door.show(
    form([code], t('account.signIn'), async () => door.enter(await withCode(door.entry.secondStep(code.value)))),
    ...passkeyOffer(door.entry, door.config, (welcome) => door.enter(welcome)));
  code.input.focus();
}

/**
 * A username and a password for somebody new.
 * @param {Door} door @param {Grant} grant what lets them in @param {string} [goal] where they begin, if not where the server says
 */
function newAccount(door, grant, goal) {
  const username = usernameField(t('account.username'), '', t('account.newNameHelp'));
  const password = passwordField('password', t('account.password'), 'new-password');
  return form([username, password], t('account.createAccount'), async () => {
    door.enter(await door.entry.createAccount(username.value, password.value, grant), goal);
  }, { 409: username });
}

/**
 * Asks whether a link is good: undefined where it isn't, null where that can't be found out, which is told then.
 * @template T
 * @param {Door} door @param {'' | (() => Promise<T>)} ask '' where the link holds nothing @param {() => void} again
 * @returns {Promise<T | null | undefined>}
 */
async function check(door, ask, again) {
  if (!ask) return undefined;
  door.show(skeleton());
  try {
    return await ask();
  } catch (error) {
    if (isRefused(error)) return undefined;
    door.show(failure(reasonOf(error), again));
    return null;
  }
}

/** Rather than not answered. @param {unknown} error */
function isRefused(error) {
  return error instanceof ApiError && [403, 404, 422].includes(error.status);
}

/** A link that leads nowhere, and what to do about that. @param {Door} door @param {string} title @param {string} advice */
function shut(door, title, advice) {
  door.call(title);
  door.show(el('p', { role: 'status' }, advice), el('a', { class: 'button', href: '/sign-in' }, t('account.goToSignIn')));
}

function haveOne() {
  return el('p', {}, ...tn('account.haveAccount', { link: el('a', { href: '/sign-in' }, t('account.signIn')) }));
}
