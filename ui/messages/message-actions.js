// What one does with a message that is there: by hovering over it, holding it, or from the keyboard.

import { refusalOf } from '../base/dialog.js';
import { el, isComposing } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { drawing } from '../base/icons.js';
import { addStyle, load } from '../base/load.js';
import { whenHeld } from '../base/long-press.js';
import { listNames } from '../people/names.js';
import { savedOf } from '../saved/saved.js';
import { t } from '../words/index.js';
import { actionsOf } from './actions.js';
import { equipComposer } from './composer-tools.js';
import { copyAsLines } from './copying.js';
import { keepDayAtTop } from './day-at-top.js';
import { DraftKeeper } from './draft-keeper.js';
import { write } from './message-composer.js';
import { messageOf, moveByKeys } from './message-focus.js';
import { askForEverybody, completeMentions } from './mention-completion.js';
import { addNewestButton } from './newest-button.js';
import { setPinned } from './pins.js';
import { replyIn } from './reply.js';
import { whenSwiped } from './swipe.js';
import { UnfinishedEdits } from './unfinished-edits.js';

/** @import {Message} from '../base/types.js' */
/** @import {People} from '../conversation/people.js' */
/** @import {Context} from '../shell/messenger.js' */
/** @import {MessageComposer} from './message-composer.js' */
/** @import {MessageList} from './message-list.js' */

addStyle(import.meta.url, 'actions.css');

const DOTS = 'M5 12h.01M12 12h.01M19 12h.01';
const COMPLAINT_MS = 8_000;

export class MessageActions {
  #context;
  #client;
  #actions;
  #people;
  #list;
  #composer;
  #edits;
  #setQuote;
  #endEditing = () => {};
  /** Stands beside the message that the mouse is over. */
  #more = el('button', {
    class: 'more', tabindex: '-1', 'aria-label': t('messages.options'), 'aria-live': 'off',
    click: () => this.#openMenu(this.#more),
  }, drawing(DOTS));
  #problem = el('p', { class: 'problem', role: 'alert' });
  #forgetting = 0;

  /** @param {Context} context @param {People} people @param {MessageList} list @param {MessageComposer} composer */
  constructor(context, people, list, composer) {
    const { client } = context;
    this.#context = context;
    this.#client = client;
    this.#actions = actionsOf(client);
    this.#people = people;
    this.#list = list;
    this.#composer = composer;
    composer.before(this.#problem);
    const { log } = list;
    log.addEventListener('pointerover', (event) => this.#pointed(event));
    log.addEventListener('focusin', ({ target }) => this.#explain(target));
    log.addEventListener('click', (event) => this.#clicked(event));
    whenHeld(log, '.bubble', (bubble) => this.#openMenu(bubble), list.signal);
    moveByKeys(log, (row) => this.#openMenu(row), (row) => this.#reply(row));
    whenSwiped(log, (row) => this.#mayReply && Boolean(this.#messageIn(row)), (row) => this.#reply(row), list.signal);
    this.#setQuote = replyIn(client, people.id, composer);
    askForEverybody(composer, client, people.id);
    completeMentions(composer.form, client, people);
    keepDayAtTop(log);
    addNewestButton(list, () => client.conversations.unread(people.id));
    // On paper, all that is here.
    addEventListener('beforeprint', () => list.renderUpTo(Infinity), { signal: list.signal });
    addEventListener('afterprint', () => list.renderUpTo(), { signal: list.signal });
    copyAsLines(log, (row) => this.#messageIn(row), list.signal);
    equipComposer(composer, client, people.id, () => list.goToNewest());
    new DraftKeeper(client, people.id, composer);
    this.#edits = new UnfinishedEdits(client, people.id, list, composer, (message) => this.#try(() => this.#edit(message)));
    composer.addEventListener('keydown', (event) => this.#keyOfComposer(event));
    composer.addEventListener('input', ({ target }) => {
      if (textIn(target)) this.#actions.typing(people.id);
    });
  }

  /** The arrow up goes to one's last message, where nothing is written. @param {KeyboardEvent} event */
  #keyOfComposer(event) {
    const { key, target, altKey, ctrlKey, metaKey, shiftKey } = event;
    if (key !== 'ArrowUp' || altKey || ctrlKey || metaKey || shiftKey || isComposing(event) || textIn(target) !== '') return;
    const last = this.#client.timeline(this.#people.id).newest.findLast(({ id, mine, deletedAt }) =>
      mine && !deletedAt && !this.#client.removing.has(id));
    if (!last) return;
    event.preventDefault();
    this.#try(() => this.#edit(last));
  }

  /** @param {PointerEvent} event */
  #pointed({ target, pointerType }) {
    const row = rowOf(target);
    const message = row && this.#messageIn(row);
    if (pointerType === 'mouse' && message && !row.contains(this.#more)) {
      const hadFocus = document.activeElement === this.#more;
      row.querySelector('.bubble')?.append(this.#more);
      if (hadFocus) this.#more.focus({ preventScroll: true });
    }
    this.#explain(target);
  }

  /** Says who has reacted so. @param {EventTarget | null} target */
  #explain(target) {
    const chip = target instanceof Element && target.closest('.chip');
    const row = chip && rowOf(chip);
    const message = row && this.#messageIn(row);
    if (message && chip instanceof HTMLButtonElement) chip.title = this.#whoReacted(message, chip.value);
  }

  /** @param {MouseEvent} event */
  #clicked({ target }) {
    const button = target instanceof Element && target.closest('button');
    if (button) this.#pressed(button);
    const row = rowOf(target);
    const message = row && this.#messageIn(row);
    if (!message || !(target instanceof Element)) return;
    const chip = target.closest('.chip');
    if (chip instanceof HTMLButtonElement) this.#try(() => this.#actions.react(message, chip.value));
    else if (target.closest('.byline')) this.#try(() => this.#openProfile(message.author?.id));
  }

  /** Of the buttons that a row has by itself. @param {HTMLButtonElement} button */
  #pressed({ name, value }) {
    if (name === 'undo') this.#actions.undoRemove(value);
    else if (name === 'unfold') this.#list.unfold(value);
    else if (name === 'retry') this.#client.outbox.retry(value);
    else if (name === 'edit') this.#writeAnew(value);
    else if (name === 'profile') this.#try(() => this.#openProfile(value));
    else if (name === 'original') this.#try(() => this.#goTo(value));
  }

  /** Where it was said; going back comes to where one was. @param {string} id of a message */
  async #goTo(id) {
    const { jumpTo } = await load(() => import('./jump.js'));
    jumpTo(this.#context, this.#people.id, id);
  }

  /** Where one can’t write, one can’t answer. */
  get #mayReply() {
    return this.#composer.checkVisibility() || this.#composer.hidden;
  }

  /** What is being changed is put aside. @param {HTMLElement} row */
  #reply(row) {
    const message = this.#messageIn(row);
    if (!message || !this.#mayReply) return;
    this.#endEditing();
    this.#setQuote(message);
  }

  /** Puts what couldn't be sent before what stands where one writes. @param {string} clientId */
  #writeAnew(clientId) {
    const { outbox } = this.#client;
    const entry = outbox.of(this.#people.id).find((each) => each.clientId === clientId);
    if (!entry) return;
    outbox.remove(clientId);
    if (entry.replyTo) this.#composer.quote = entry.replyTo;
    const { field } = this.#composer;
    write(field, [entry.content, field.value].filter(Boolean).join('\n'));
    field.dispatchEvent(new Event('input', { bubbles: true }));
    this.#composer.takeFocus();
  }

  /** @param {string} [id] */
  async #openProfile(id) {
    const { openProfile } = await load(() => import('../people/profile-card.js'));
    if (id) await openProfile(this.#context, id);
  }

  /** @param {Element} place */
  #openMenu(place) {
    const row = rowOf(place);
    const message = row && this.#messageIn(row);
    if (!message) return;
    const bubble = row.querySelector('.bubble') ?? row;
    this.#try(async () => {
      const { openMessageMenu } = await load(() => import('./message-menu.js'));
      const saved = savedOf(this.#client);
      openMessageMenu(bubble, message, {
        client: this.#client,
        isOwner: this.#client.conversations.known(this.#people.id)?.role === 'owner',
        readers: listNames(this.#people.readers(message.number).map(titleOf)),
        whoReacted: (emoji) => this.#whoReacted(message, emoji),
        react: (emoji) => this.#try(() => this.#actions.react(this.#messageIn(row) ?? message, emoji)),
        reply: this.#mayReply && (() => this.#reply(row)),
        pin: () => this.#try(() => setPinned(this.#client, message, !message.pinnedAt)),
        isSaved: saved.has(message.id),
        save: () => this.#try(() => (saved.has(message.id) ? saved.unsave(message) : saved.save(message))),
        edit: () => this.#try(() => this.#edit(message)),
        remove: () => this.#try(() => this.#actions.remove(message)),
      });
    });
  }

  /** One that something can be done with. @param {Element} row */
  #messageIn(row) {
    const number = row instanceof HTMLElement && Number(row.dataset.number);
    const message = number ? this.#list.messages.findLast((each) => each.number === number) : undefined;
    return message && !message.system && !message.deletedAt && !this.#client.removing.has(message.id) ? message : undefined;
  }

  /** @param {Message} message @param {string} emoji */
  #whoReacted({ reactions }, emoji) {
    const { user } = this.#client;
    const { users = [], count } = reactions.find((each) => each.emoji === emoji) ?? {};
    return listNames(users.map((id) =>
      (id === user.id ? t('messages.youAmongOthers') : this.#people.nameOf(id) || t('messages.whoLeft'))), count);
  }

  /** In place of what one writes otherwise, which stays as it is. @param {Message} message */
  async #edit(message) {
    const { MessageEditor } = await load(() => import('./message-editor.js'));
    const composer = this.#composer;
    if (!composer.isConnected) return;
    composer.parentElement?.querySelector('message-editor')?.remove();
    const editor = new MessageEditor(this.#client, message, () => {
      this.#endEditing = () => {};
      editor.remove();
      composer.hidden = false;
      composer.takeFocus();
      this.#list.showChanging('');
      this.#edits.show();
    });
    this.#endEditing = () => editor.end();
    const form = editor.querySelector('form');
    if (form) completeMentions(form, this.#client, this.#people);
    composer.hidden = true;
    composer.after(editor);
    this.#list.showChanging(message.id);
    this.#edits.show();
    editor.takeFocus();
  }

  /** Says why, where something is refused. @param {() => Promise<void>} action */
  async #try(action) {
    try {
      await action();
    } catch (error) {
      this.#problem.textContent = refusalOf(error);
      clearTimeout(this.#forgetting);
      this.#forgetting = setTimeout(() => this.#problem.replaceChildren(), COMPLAINT_MS);
    }
  }
}

/** @param {EventTarget | null} target */
function rowOf(target) {
  return target instanceof Element ? messageOf(target) : null;
}

/** @param {EventTarget | null} target */
function textIn(target) {
  return target instanceof HTMLTextAreaElement ? target.value : null;
}
