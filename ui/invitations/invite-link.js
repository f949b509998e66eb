// A new invitation: its link and code, and what keeps other devices from the address that it begins with.

import { reasonOf } from '../base/api.js';
import { attempt } from '../base/attempt.js';
import { actions } from '../base/dialog.js';
import { Component, el, skeleton, failure } from '../base/dom.js';
import { selection } from '../base/fields.js';
import { absolute, copyable, picture } from '../base/secret.js';
import { dateOf } from '../base/times.js';
import { t, tn } from '../words/index.js';

/** @import {Addresses, Invite} from '../base/types.js' */
/** @import {Invites, NewInvite} from './invites.js' */

export class InviteLink extends Component {
  #invites;
  #wanted;
  #created;
  /** @type {Addresses | null} */
  #addresses = null;
  /** The one that is shown. @type {Invite | null} */
  #invite = null;

  /**
   * @param {Invites} invites @param {NewInvite} wanted @param {boolean} isAdmin who alone is told about addresses
   * @param {() => void} created
   */
  constructor(invites, wanted, isAdmin, created) {
    super();
    this.#invites = invites;
    this.#wanted = wanted;
    this.#created = created;
    this.#begin(isAdmin);
  }

  /** @param {boolean} isAdmin */
  async #begin(isAdmin) {
    this.replaceChildren(skeleton());
    try {
      this.#addresses = isAdmin ? await this.#invites.addresses() : null;
      const { reachable, addresses } = this.#addresses ?? { reachable: true, addresses: [] };
      await this.#create(reachable ? undefined : addresses[0]);
    } catch (error) {
      this.replaceChildren(failure(reasonOf(error), () => this.#begin(isAdmin)));
    }
  }

  /** In place of the one that is shown, whose link nobody has yet. @param {string} [base] what the link is to begin with */
  async #create(base) {
    const former = this.#invite;
    const invite = await this.#invites.create({ ...this.#wanted, ...(base && { base }) });
    this.#invite = invite;
    if (former) await this.#invites.revoke(former.id);
    this.#show(invite, base);
    this.#created();
  }

  /** @param {Invite} invite @param {string} [base] */
  #show({ link = '', qr = '', usesLeft, expiresAt }, base) {
    const url = absolute(link);
    const share = () => navigator.share({ title: 'Tincan', text: t('invitations.shareText'), url }).catch(() => {});
    this.replaceChildren(
      ...this.#warning(base),
      picture(qr, t('invitations.code')),
      copyable(t('invitations.link'), url),
      el('p', { class: 'muted' }, ...tn('invitations.help', { count: usesLeft, time: dateOf(expiresAt) })),
      ...('share' in navigator ? [actions(el('button', { class: 'button primary', click: share }, t('invitations.share')))] : []));
  }

  /** What is wrong with the address, and which others there are. @param {string} [base] that the link begins with */
  #warning(base) {
    if (!this.#addresses || this.#addresses.reachable) return [];
    const { problems, addresses, base: own } = this.#addresses;
    const problem = el('p', { class: 'problem', role: 'alert' });
    const choose = () => attempt(problem, async () => {
      await this.#create(input.value);
      this.querySelector('select')?.focus();
    });
    const { element, input } = selection('base', t('invitations.address'), addresses.map((each) => [each, each]), base);
    input.addEventListener('change', choose);
    return [
      el('div', { class: 'warning', role: 'note' },
        el('p', { class: 'strong' }, ...tn(base ? 'invitations.otherAddress' : 'invitations.unreachable', { address: el('bdi', {}, own) })),
        ...problems.map((code) => el('p', {}, ...remedy(code)))),
      ...(addresses.length > 0 ? [element, problem] : []),
    ];
  }
}

/** What an administrator can do about it. @param {string} code */
function remedy(code) {
  const command = (/** @type {string} */ text) => el('code', { translate: 'no' }, text);
  switch (code) {
    case 'listens_on_loopback': return tn('invitations.listensOnLoopback', { option: command('--listen 0.0.0.0:3000') });
    case 'no_public_url': return tn('invitations.noPublicUrl', { option: command('--public-url') });
    case 'public_url_is_loopback': return tn('invitations.publicUrlIsLoopback', { option: command('--public-url') });
    default: return [];
  }
}

customElements.define('invite-link', InviteLink);
