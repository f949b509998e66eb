// What links lead to: the first account, an invitation, a new password, and a name for somebody another service knows.

import { ApiError, reasonOf } from '../base/api.js';
import { el, failure, nameOf, skeleton } from '../base/dom.js';
import { Field, form, passwordField, usernameField } from '../base/fields.js';
import { dateOf } from '../base/times.js';
import { forgetToken, keptToken, takeToken, tokenIn } from './links.js';
import { providerLinks } from './providers.js';

/** @import {Config, User} from '../base/types.js' */
/** @import {Entry, Grant, Pending} from './entry.js' */

/**
 * Where it is shown, and what happens to whoever gets in.
 * @typedef {{entry: Entry, config: Config, call: (title: string) => unknown, show: (...content: Node[]) => unknown,
 *   enter: (user: User) => void}} Door
 */

const NAME_HELP = 'What others call you here, and find you by.';
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
    return shut(door, 'This server is set up already', 'The link for that has done its work. You can sign in.');
  }
  if (!setupToken) {
    return shut(door, 'Part of the link is missing', 'Open the whole of the link that stands in the terminal in which the '
      + 'server was started, or in its log.');
  }
  door.call('Welcome to Tincan');
  door.show(
    el('p', {}, 'Make the first account. It is an administrator’s: with it, you invite everybody else.'),
    newAccount(door, { setupToken }));
}

/** @param {Door} door */
async function openInvitation(door) {
  const invite = takeToken('invite');
  door.call('An invitation');
  const again = () => openInvitation(door);
  const found = await check(door, invite && (() => door.entry.checkInvitation(invite)), again);
  if (found === null) return;
  if (found === undefined) {
    forgetToken('invite');
    shut(door, 'This invitation is no longer good', 'It has been used already, has run out, or was taken back. Ask '
      + 'whoever sent it for another. If you have made an account with it, sign in.');
    return;
  }
  const { invitedBy, expiresAt } = found;
  door.show(
    el('p', { class: 'lead' },
      ...(invitedBy ? [el('strong', {}, nameOf(invitedBy)), ' invites you to Tincan.'] : ['You are invited to Tincan.'])),
    el('p', { class: 'muted' }, 'The invitation is good until ', dateOf(expiresAt), '.'),
    newAccount(door, { invite }),
    ...providerLinks(door.config),
    haveOne());
}

/** @param {Door} door */
async function openReset(door) {
  const token = takeToken('reset');
  door.call('A new password');
  const again = () => openReset(door);
  const found = await check(door, token && (() => door.entry.checkReset(token)), again);
  if (found === null) return;
  if (found === undefined) {
    forgetToken('reset');
    shut(door, 'This link is no longer good', 'It works once, for a day, and until there is a newer one. Ask whoever '
      + 'runs this server for another.');
    return;
  }
  const owner = usernameField('Username', found.username);
  owner.input.readOnly = true;
  const password = passwordField('password', 'New password', 'new-password');
  door.show(
    el('p', {}, 'Choose a new password for ', el('strong', {}, nameOf(found.username)), '. Wherever else this account is '
      + 'signed in, it is signed out then.'),
    form([owner, password], 'Set the password', async () => {
      door.enter(await door.entry.resetPassword(token, password.value));
    }));
}

/** @param {Door} door */
async function openJoin(door) {
  door.call('Almost there');
  door.show(skeleton());
  /** @type {Pending} */
  let pending;
  try {
    pending = await door.entry.pending();
  } catch (error) {
    if (isRefused(error)) shut(door, 'Nothing is waiting here', 'That was finished already, or took too long. Begin again.');
    else door.show(failure(reasonOf(error), () => openJoin(door)));
    return;
  }
  const username = usernameField('Username', pending.username, NAME_HELP);
  const invitation = new Field('invite', 'Invitation', { required: true, autocomplete: 'off', spellcheck: 'false' },
    'Paste the link that you were sent.');
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
  if (pending.usernameTaken) username.complain(`Somebody here is called ${pending.username} already. Choose another name.`);
  door.show(
    el('p', {}, `You have signed in with ${pending.name}, for the first time here. What are you to be called?`),
    form([username, invitation], 'Join', complete, { 409: username, 403: invitation }),
    haveOne());
}

/**
 * A username and a password for somebody new.
 * @param {Door} door @param {Grant} grant what lets them in
 */
function newAccount(door, grant) {
  const username = usernameField('Username', '', NAME_HELP);
  const password = passwordField('password', 'Password', 'new-password');
  return form([username, password], 'Create account', async () => {
    door.enter(await door.entry.createAccount(username.value, password.value, grant));
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
  door.show(el('p', { role: 'status' }, advice), el('a', { class: 'button', href: '/sign-in' }, 'Go to sign-in'));
}

function haveOne() {
  return el('p', {}, 'Have an account here? ', el('a', { href: '/sign-in' }, 'Sign in'));
}
