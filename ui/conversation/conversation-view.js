// One conversation: with whom, what was said, and where to write.

import { ApiError, reasonOf } from '../base/api.js';
import { Component, el, failure, nameOf, render, skeleton } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { load, loadWhenever } from '../base/load.js';
import { MessageComposer } from '../messages/message-composer.js';
import { MessageList } from '../messages/message-list.js';
import { emblem } from '../people/avatar.js';
import { t } from '../words/index.js';

/** @import {Route} from '../base/router.js' */
/** @import {Info} from '../conversations/conversations.js' */
/** @import {Context} from '../shell/messenger.js' */

export class ConversationView extends Component {
  #context;
  route;
  #id;
  #call;
  #emblem = el('div');
  #heading = el('h1', { tabindex: '-1' }, t('conversation.title'));
  /** What the others are doing. */
  #activity = el('p', { class: 'activity' });
  #name = el('div', { class: 'name' }, this.#heading, this.#activity);
  #bar;
  #body = el('div', { class: 'conversation-body' }, skeleton());
  /** @type {MessageComposer | null} */
  #composer = null;
  /** @type {MessageList | null} */
  #list = null;
  /** On a page that was just opened, nothing else has the focus. */
  #focusWanted = document.activeElement === document.body;

  /** @param {Context} context @param {Route} route @param {(title: string) => void} call is told what to call it */
  constructor(context, route, call) {
    super();
    this.#context = context;
    this.route = route;
    this.#id = route.id;
    this.#call = call;
    const back = el('a', { class: 'tool back', href: '/', 'aria-label': t('conversation.back') }, icon('back'));
    this.#bar = el('header', { class: 'bar' }, back, this.#emblem, this.#name);
    this.append(this.#bar, this.#body);
    this.#load();
  }

  /** Where the eye goes: to the message that is the goal, else to where one writes. @param {Route} [route] */
  takeFocus(route = this.route) {
    this.route = route;
    this.#focusWanted = !this.#composer;
    if (route.goal) this.#goToGoal();
    // Where there is no keyboard, focusing a text field would cover half of the screen with one.
    else if (this.#composer && matchMedia('(pointer: fine)').matches) this.#write();
    else this.#heading.focus();
  }

  goToNewest() {
    this.#list?.goToNewest();
    this.#write();
  }

  /** Where one writes; last is what one changes, if anything. */
  #write() {
    [...this.querySelectorAll('textarea')].at(-1)?.focus();
  }

  async #load() {
    try {
      const info = await this.#context.client.conversations.info(this.#id);
      if (this.isConnected) this.#show(info);
    } catch (error) {
      const reason = reasonOf(error);
      if (error instanceof ApiError && error.status === 404) {
        const { showMissing } = await loadWhenever(() => load(() => import('./gone.js')), this.#context.client.stream, this.signal);
        showMissing(this);
      } else {
        this.replace(el('div', { class: 'centred' }, failure(reason, () => this.#load())));
      }
    }
  }

  /** Shows something in place of the messages. @param {Element} body */
  replace(body) {
    if (this.contains(document.activeElement)) this.#heading.focus();
    this.#body.replaceChildren(body);
  }

  /** @param {Info} info */
  #show(info) {
    const { outbox, user } = this.#context.client;
    const composer = new MessageComposer(`draft:${user.id}:${this.#id}`, info.title, (content, replyTo) => {
      list.goToNewest();
      outbox.add(this.#id, content, undefined, replyTo);
    });
    const list = new MessageList(this.#context, info, Boolean(this.route.goal));
    this.#composer = composer;
    this.#list = list;
    this.#body.replaceChildren(list, composer);
    this.address(info);
    if (!info.other) this.tell(t('people.count', { count: info.participantCount }));
    if (this.#focusWanted || this.route.goal) this.takeFocus();
    this.#attend(info, list, composer);
  }

  async #goToGoal() {
    const { goToGoal } = await loadWhenever(() => load(() => import('../messages/jump.js')), this.#context.client.stream, this.signal);
    if (this.#list) goToGoal(this.#context, this.#list, this.route);
  }

  /** Says whose conversation it is; a room may be renamed, or get another picture. @param {Info} info */
  address(info) {
    const { id, title, other, avatarURL } = info;
    this.#call(title);
    this.#composer?.address(title);
    render(this.#emblem, emblemView, { id, title, other, avatarURL });
    render(this.#heading, titleView, { title });
  }

  /** @param {...(Node | string)} activity what the others are doing */
  tell(...activity) {
    this.#activity.replaceChildren(...activity);
  }

  /** @param {Element[]} tools @param {() => void} showDetails what happens where one taps the face or the name */
  addTools(tools, showDetails) {
    this.#bar.append(...tools);
    for (const part of [this.#emblem, this.#name]) part.addEventListener('click', showDetails);
  }

  /** What nobody needs at the first look. @param {Info} info @param {MessageList} list @param {MessageComposer} composer */
  async #attend(info, list, composer) {
    const { client } = this.#context;
    const parts = () => Promise.all([
      load(() => import('./activity.js')), load(() => import('../messages/message-actions.js')),
    ]);
    const [{ followActivity }, { MessageActions }] = await loadWhenever(parts, client.stream, list.signal);
    if (!list.isConnected) return;
    const people = followActivity(this.#context, this, info, list, composer);
    new MessageActions(this.#context, people, list, composer);
  }
}

/** @param {Pick<Info, 'id' | 'title' | 'other' | 'avatarURL'>} props */
function emblemView(props) {
  return [emblem(props)];
}

/** @param {{title: string}} props */
function titleView({ title }) {
  return [nameOf(title)];
}

customElements.define('conversation-view', ConversationView);
