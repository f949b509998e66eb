// Below the header of a conversation: the message that was pinned last, and a way to all of them.

import { reasonOf } from '../base/api.js';
import { openDialog } from '../base/dialog.js';
import { Component, el, render } from '../base/dom.js';
import { drawing, icon } from '../base/icons.js';
import { addStyle } from '../base/load.js';
import { summaryOf } from '../files/kinds.js';
import { inOneLine } from '../text/text-view.js';
import { t } from '../words/index.js';
import { jumpTo } from './jump.js';
import { messageCard } from './message-card.js';
import { Pins, setPinned } from './pins.js';

/** @import {Message} from '../base/types.js' */
/** @import {Context} from '../shell/messenger.js' */

addStyle(import.meta.url, 'pin-bar.css');

const PIN_OFF = 'M9 4h6l-1 6 4 4H6l4-4zM12 14v6M4 4l16 16';

export class PinBar extends Component {
  #context;
  #id;
  #pins;

  /** @param {Context} context @param {string} id of the conversation */
  constructor(context, id) {
    super();
    this.#context = context;
    this.#id = id;
    this.#pins = new Pins(context.client, id, this.signal);
    this.watch(() => this.#render(), this.#pins);
  }

  #render() {
    const [newest, ...others] = this.#pins.messages;
    render(this, barView, {
      count: newest ? others.length + 1 : 0, open: this.#open,
      text: newest ? inOneLine(newest.content, newest.mentions) || summaryOf(newest) : '',
    });
  }

  #open = () => {
    const [newest, ...others] = this.#pins.messages;
    if (!newest) return;
    if (others.length > 0) showPins(this.#context, this.#pins);
    else jumpTo(this.#context, this.#id, newest.id);
  };
}

/** @param {{count: number, text: string, open: () => void}} props */
function barView({ count, text, open }) {
  if (count === 0) return [];
  return [el('button', { class: 'pinned', click: open },
    icon('pin'),
    el('span', { class: 'pinned-label' }, t('messages.pinnedCount', { count })),
    el('span', { class: 'pinned-text', dir: 'auto' }, text))];
}

/** @param {Context} context @param {Pins} pins */
function showPins({ client }, pins) {
  const list = new PinList(client.user.id, pins, (message) => setPinned(client, message, false));
  openDialog(t('messages.pinned'), list);
}

class PinList extends Component {
  #me;
  #pins;
  #unpin;
  #list = el('ul', { class: 'message-cards' });
  #problem = el('p', { class: 'problem', role: 'alert' });

  /** @param {string} me @param {Pins} pins @param {(message: Message) => Promise<void>} unpin */
  constructor(me, pins, unpin) {
    super();
    this.#me = me;
    this.#pins = pins;
    this.#unpin = unpin;
    this.append(this.#problem, this.#list);
    this.watch(() => this.#render(), pins);
    this.#render();
  }

  #render() {
    const { messages } = this.#pins;
    if (messages.length === 0) this.#close();
    render(this.#list, listView, { messages, me: this.#me, close: this.#close, unpin: this.#tryToUnpin });
  }

  #close = () => this.closest('dialog')?.close();

  #tryToUnpin = async (/** @type {Message} */ message) => {
    this.#problem.replaceChildren();
    await this.#unpin(message).catch((error) => this.#problem.append(reasonOf(error)));
  };
}

/** @param {{messages: Message[], me: string, close: () => void, unpin: (message: Message) => void}} props */
function listView({ messages, me, close, unpin }) {
  return messages.map((message) => messageCard(message, '', me, close,
    el('button', { class: 'tool', 'aria-label': t('messages.unpin'), title: t('messages.unpin'), click: () => unpin(message) }, drawing(PIN_OFF))));
}

customElements.define('pin-bar', PinBar);
customElements.define('pin-list', PinList);
