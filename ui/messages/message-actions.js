// What one does with a message that is there: by hovering over it, tapping it, or from the keyboard.

import { reasonOf } from '../base/api.js';
import { el } from '../base/dom.js';
import { drawing } from '../base/icons.js';
import { addStyle, load } from '../base/load.js';
import { listNames } from '../people/names.js';
import { t } from '../words/index.js';

/** @import {Message} from '../base/types.js' */
/** @import {People} from '../conversation/people.js' */
/** @import {Client} from '../shell/client.js' */
/** @import {MessageComposer} from './message-composer.js' */
/** @import {MessageList} from './message-list.js' */

addStyle(import.meta.url, 'actions.css');

const DOTS = 'M5 12h.01M12 12h.01M19 12h.01';
const COMPLAINT_MS = 8_000;

export class MessageActions {
  #client;
  #people;
  #list;
  #composer;
  /** Stands beside the message that the mouse is over. */
  #more = el('button', {
    class: 'more', tabindex: '-1', 'aria-label': t('messages.options'), 'aria-live': 'off',
    click: () => this.#openMenu(this.#more),
  }, drawing(DOTS));
  #problem = el('p', { class: 'problem', role: 'alert' });
  #forgetting = 0;

  /** @param {Client} client @param {People} people @param {MessageList} list @param {MessageComposer} composer */
  constructor(client, people, list, composer) {
    this.#client = client;
    this.#people = people;
    this.#list = list;
    this.#composer = composer;
    composer.before(this.#problem);
    const { log } = list;
    log.addEventListener('pointerover', (event) => this.#pointed(event));
    log.addEventListener('focusin', ({ target }) => this.#explain(target));
    log.addEventListener('click', (event) => this.#clicked(event));
    log.addEventListener('keydown', (event) => this.#key(event));
    composer.addEventListener('keydown', (event) => this.#keyOfComposer(event));
    composer.addEventListener('input', ({ target }) => {
      if (textIn(target)) client.typing(people.id).catch(reasonOf);
    });
  }

  /** The arrow up goes to one's last message, where nothing is written. @param {KeyboardEvent} event */
  #keyOfComposer(event) {
    const { key, target, altKey, ctrlKey, metaKey, shiftKey, isComposing } = event;
    if (key !== 'ArrowUp' || altKey || ctrlKey || metaKey || shiftKey || isComposing || textIn(target) !== '') return;
    const last = this.#list.messages.findLast(({ id, mine, deletedAt }) =>
      mine && !deletedAt && !this.#client.isRemoving(id));
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
  #clicked(event) {
    const { target } = event;
    if (!(target instanceof Element) || target.closest('a, .more, .undo')) return;
    const row = rowOf(target);
    const message = row && this.#messageIn(row);
    const chip = target.closest('.chip');
    // A mouse selects text, and has a button for the menu.
    const isMouse = /** @type {PointerEvent} */ (event).pointerType === 'mouse';
    if (message && chip instanceof HTMLButtonElement) this.#try(() => this.#client.react(message, chip.value));
    else if (target.closest('.bubble') && !isMouse && getSelection()?.isCollapsed) this.#openMenu(target);
  }

  /** Enter goes from the messages to the last one that can be seen, and from there to its menu. @param {KeyboardEvent} event */
  #key(event) {
    const { key, target, altKey, ctrlKey, metaKey } = event;
    const { log } = this.#list;
    if (altKey || ctrlKey || metaKey) return;
    if (target === log) {
      if (key !== 'Enter') return;
      const { bottom } = log.getBoundingClientRect();
      focus([...log.querySelectorAll('li')].findLast((row) => row.getBoundingClientRect().top < bottom));
    } else if (target instanceof HTMLLIElement) {
      if (key === 'ArrowUp') focus(target.previousElementSibling);
      else if (key === 'ArrowDown') focus(target.nextElementSibling);
      else if (key === 'Enter' || key === ' ') this.#openMenu(target);
      else return;
    } else {
      return;
    }
    event.preventDefault();
  }

  /** @param {Element} place */
  #openMenu(place) {
    const row = rowOf(place);
    const message = row && this.#messageIn(row);
    if (!message) return;
    const bubble = row.querySelector('.bubble') ?? row;
    this.#try(async () => {
      const { openMessageMenu } = await load(() => import('./message-menu.js'));
      openMessageMenu(bubble, message, {
        client: this.#client,
        isOwner: this.#client.conversations.known(this.#people.id)?.role === 'owner',
        readers: listNames(this.#people.readers(message.number).map(({ username }) => username)),
        whoReacted: (emoji) => this.#whoReacted(message, emoji),
        react: (emoji) => this.#try(() => this.#client.react(this.#messageIn(row) ?? message, emoji)),
        edit: () => this.#try(() => this.#edit(message)),
        remove: () => this.#try(() => this.#client.remove(message)),
      });
    });
  }

  /** One that something can be done with. @param {Element} row */
  #messageIn(row) {
    const number = row instanceof HTMLElement && Number(row.dataset.number);
    const message = number ? this.#list.messages.findLast((each) => each.number === number) : undefined;
    return message && !message.system && !message.deletedAt && !this.#client.isRemoving(message.id) ? message : undefined;
  }

  /** @param {Message} message @param {string} emoji */
  #whoReacted({ reactions }, emoji) {
    const { user } = this.#client;
    const users = reactions.find((each) => each.emoji === emoji)?.users ?? [];
    return listNames(users.map((id) => (id === user.id ? t('messages.youAmongOthers') : this.#people.nameOf(id) || t('messages.whoLeft'))));
  }

  /** In place of what one writes otherwise, which stays as it is. @param {Message} message */
  async #edit(message) {
    const { MessageEditor } = await load(() => import('./message-editor.js'));
    const composer = this.#composer;
    if (!composer.isConnected) return;
    composer.parentElement?.querySelector('message-editor')?.remove();
    const editor = new MessageEditor(this.#client, message, () => {
      editor.remove();
      composer.hidden = false;
      composer.takeFocus();
    });
    composer.hidden = true;
    composer.after(editor);
    editor.takeFocus();
  }

  /** Says why, where something is refused. @param {() => Promise<void>} action */
  async #try(action) {
    try {
      await action();
    } catch (error) {
      this.#problem.textContent = reasonOf(error);
      clearTimeout(this.#forgetting);
      this.#forgetting = setTimeout(() => this.#problem.replaceChildren(), COMPLAINT_MS);
    }
  }
}

/** @param {EventTarget | null} target */
function rowOf(target) {
  return target instanceof Element ? target.closest('li') : null;
}

/** @param {EventTarget | null} target */
function textIn(target) {
  return target instanceof HTMLTextAreaElement ? target.value : null;
}

/** @param {Element | null | undefined} row */
function focus(row) {
  if (!(row instanceof HTMLLIElement)) return;
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
}
