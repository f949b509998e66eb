// Messages that people have reported, as administrators see them.

import { attempt } from '../base/attempt.js';
import { about } from '../base/cards.js';
import { Component, el, nameOf } from '../base/dom.js';
import { titleOf } from '../base/format.js';
import { loadPage } from '../base/paged-list.js';
import { timeOf } from '../base/times.js';
import { avatar } from '../people/avatar.js';
import { botTag, namesOf } from '../people/names.js';
import { t, tn } from '../words/index.js';
import { closeReport, PAGE, reports } from './reports.js';

/** @import {Report} from '../base/types.js' */
/** @import {Client} from '../shell/client.js' */

export class ReportList extends Component {
  #api;
  #list = el('ul', { 'aria-labelledby': 'reports' });
  #rest = el('div', { class: 'list-rest', role: 'status' });

  /** @param {Client} client */
  constructor({ api }) {
    super();
    this.#api = api;
    this.append(el('div', { class: 'card' }, this.#list, this.#rest));
    const row = (/** @type {Report} */ report) => this.#row(report);
    loadPage({ list: this.#list, rest: this.#rest, size: PAGE, fetch: (before) => reports(api, before), row, empty: t('admin.noReports') });
  }

  #showEmpty() {
    if (this.#list.children.length + this.#rest.children.length === 0) {
      this.#rest.replaceChildren(el('p', { class: 'muted' }, t('admin.noReports')));
    }
  }

  /** @param {Report} report */
  #row({ id, author, reporter, room, content, files = [], reason, createdAt }) {
    const problem = el('p', { class: 'problem', role: 'alert' });
    const done = () => attempt(problem, async () => {
      await closeReport(this.#api, id);
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      this.#showEmpty();
      (next?.querySelector('button') ?? document.getElementById('reports'))?.focus();
    });
    const row = el('li', { class: 'report' },
      avatar(author),
      el('div', {},
        el('p', {}, el('span', { class: 'strong' }, ...namesOf(author)), ' ', botTag(author)),
        el('blockquote', { dir: 'auto' }, content, ...files.map((name) => el('p', { class: 'muted' }, nameOf(name)))),
        el('p', { class: 'muted' },
          ...room === null ? [t('admin.reportDirect')] : tn('admin.reportRoom', { room: nameOf(room) })),
        el('p', { class: 'muted' },
          ...tn('admin.reportedBy', { name: nameOf(titleOf(reporter)), time: timeOf(createdAt) })),
        reason && el('p', { dir: 'auto' }, reason),
        problem),
      el('button', { class: 'button', click: done }, t('admin.reportDone'), about(titleOf(author))));
    return row;
  }
}

customElements.define('report-list', ReportList);
