// Forms, whose fields say what is wrong with them.

import { t } from '../words/index.js';
import { ApiError, reasonOf } from './api.js';
import { actions, reasonAt, refusalOf } from './dialog.js';
import { el } from './dom.js';
import { addStyle } from './load.js';

addStyle(import.meta.url, 'fields.css');

/** For names of people. */
const NAME = { autocapitalize: 'none', autocorrect: 'off', spellcheck: 'false', required: true };

/** A labelled input, with what helps to fill it in and what is wrong with that. */
export class Field {
  #problem;

  /**
   * @param {string} name as in the server’s answer @param {string} label
   * @param {Record<string, string | boolean>} [attributes] of the input @param {string} [help] @param {Node[]} [tools]
   */
  constructor(name, label, attributes = {}, help = '', tools = []) {
    this.name = name;
    const id = `field-${name}`;
    const hints = [`${id}-problem`, ...(help ? [`${id}-help`] : [])].join(' ');
    this.input = el('input', { id, name, 'aria-describedby': hints, ...attributes });
    this.#problem = el('p', { id: `${id}-problem`, class: 'problem' });
    this.element = el('div', { class: 'field' },
      el('label', { for: id }, label),
      el('div', { class: 'control' }, this.input, ...tools),
      help && el('p', { id: `${id}-help`, class: 'muted' }, help), this.#problem);
  }

  get value() {
    return this.input.value;
  }

  /** @param {string} problem or '' */
  complain(problem) {
    this.#problem.textContent = problem;
    if (problem) this.input.setAttribute('aria-invalid', 'true');
    else this.input.removeAttribute('aria-invalid');
  }
}

/** @param {string} label @param {string} [value] @param {string} [help] */
export function usernameField(label, value = '', help = '') {
  return new Field('username', label, { ...NAME, autocomplete: 'username', value }, help);
}

/** Of somebody else than the one who fills it in. @param {string} name @param {string} label @param {string} [help] */
export function nameField(name, label, help = '') {
  return new Field(name, label, { ...NAME, autocomplete: 'off' }, help);
}

/** @param {string} name @param {string} label @param {'current-password' | 'new-password'} autocomplete */
export function passwordField(name, label, autocomplete) {
  const help = autocomplete === 'new-password' ? t('base.newPasswordHelp') : '';
  const toggle = () => {
    const isHidden = field.input.type === 'password';
    field.input.type = isHidden ? 'text' : 'password';
    reveal.textContent = isHidden ? t('base.hide') : t('base.show');
    reveal.setAttribute('aria-label', isHidden ? t('base.hidePassword') : t('base.showPassword'));
  };
  const reveal = el('button', {
    class: 'reveal', type: 'button', 'aria-label': t('base.showPassword'), click: toggle,
  }, t('base.show'));
  const field = new Field(name, label, { type: 'password', autocomplete, required: true }, help, [reveal]);
  return field;
}

/** For the code of an app, or a recovery code. @param {string} [help] */
export function codeField(help = t('base.codeHelp')) {
  return new Field('code', t('base.code'), {
    required: true, autocomplete: 'one-time-code', autocapitalize: 'none', spellcheck: 'false', dir: 'ltr',
  }, help);
}

/** Says at the field that it is about what is wrong with a code. @template T @param {Promise<T>} answer */
export async function withCode(answer) {
  return answer.catch((error) => {
    const isWrong = error instanceof ApiError && error.code === 'wrong_code';
    throw isWrong ? new ApiError(error.status, error.message, { code: reasonOf(error) }, error.code) : error;
  });
}

/**
 * One of several.
 * @param {string} name @param {string} label @param {[string, string][]} options each with what it is called; at first,
 *   the first is chosen
 */
export function choice(name, label, options) {
  const inputs = options.map(([value]) => el('input', { type: 'radio', name, value }));
  if (inputs[0]) inputs[0].checked = true;
  return {
    element: el('fieldset', { class: 'options' }, el('legend', {}, label),
      ...options.map(([, text], index) => el('label', { class: 'option' }, inputs[index] ?? null, text))),
    get value() {
      return inputs.find(({ checked }) => checked)?.value ?? '';
    },
  };
}

/**
 * One of several, in a list that opens.
 * @param {string} name @param {string} label @param {[string, string][]} options each with what it is called
 * @param {string} [value] the one that is chosen at first, else the first
 */
export function selection(name, label, options, value) {
  const id = `field-${name}`;
  const input = el('select', { id, name }, ...options.map(([each, text]) =>
    el('option', { value: each, selected: each === value }, text)));
  return { input, element: el('div', { class: 'field' }, el('label', { for: id }, label), input) };
}

/** Tells password managers whose password it is. @param {string} username */
export function ownerOf(username) {
  return el('input', { autocomplete: 'username', name: 'username', value: username, readonly: true, hidden: true });
}

/**
 * A form. What is refused stands at the fields that it is about: those that the server names, or the one that it can only
 * be about, by status.
 * @param {(Field | Node)[]} parts what stands above its button @param {string} action what that says
 * @param {() => Promise<unknown>} act @param {Record<number, Field>} [about] @param {boolean} [isDanger]
 */
export function form(parts, action, act, about = {}, isDanger = false) {
  const fields = parts.filter((part) => part instanceof Field);
  const problem = el('p', { class: 'problem', role: 'alert' });
  const button = el('button', { class: isDanger ? 'button destructive' : 'button primary' }, action);
  let busy = false;
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    button.setAttribute('aria-busy', 'true');
    problem.textContent = '';
    for (const field of fields) field.complain('');
    try {
      await act();
    } catch (error) {
      const wrong = blame(error);
      if (wrong.length === 0) problem.textContent = refusalOf(error);
      const next = wrong[0] ?? fields.findLast(({ input }) => input.autocomplete === 'current-password');
      next?.input.focus();
      next?.input.select();
    } finally {
      busy = false;
      button.removeAttribute('aria-busy');
    }
  };
  /** @param {unknown} error */
  const blame = (error) => {
    if (!(error instanceof ApiError)) return [];
    const wrong = fields.filter((field) => error.errors?.[field.name]);
    for (const field of wrong) field.complain(reasonAt(error, field.name));
    const only = about[error.status];
    if (wrong.length > 0 || !only) return wrong;
    only.complain(reasonOf(error));
    return [only];
  };
  return el('form', { class: 'form', submit },
    ...parts.map((part) => (part instanceof Field ? part.element : part)), problem, actions(button));
}
