// The words of the page, in the language of whoever reads it. Each language has a catalogue, a module of its own beside
// this one. English stands in for what another one lacks, and is in two parts, so that the first look needn't wait for all.

import { kept } from '../base/storage.js';
import english from './en.js';

/** @import {Message} from '../base/types.js' */

/** @typedef {keyof typeof english | keyof (typeof import('./en-rest.js'))['default']} Key */
/**
 * A text, or one for each plural category of the language (CLDR), of which `count` chooses. `{name}` stands for a value.
 * @typedef {Readonly<Record<string, string | Readonly<Record<string, string>>>>} Catalogue
 */

/** What somebody has chosen in the settings, or nothing. */
export const CHOSEN = 'preference:language';
/** As most readers of English want it. */
const ENGLISH = /^en(-[a-z]{2})?$/i;

/** @type {Catalogue} */
let words = english;
/** @type {Catalogue} */
let fallback = english;
export let language = 'en';
let plurals = new Intl.PluralRules(language);
let numbers = new Intl.NumberFormat(language);
/** The language as it is wanted, such as British English, by which times and numbers are written. */
export let locale = language;

/** What a message says. Of what has happened, the server says so in English. @param {Message} message @returns {string} */
export let textOf = ({ content }) => content;

/** To be called before anything is shown: from then on, the page speaks the language of whoever reads it. */
export async function loadWords() {
  const wanted = [kept(CHOSEN), ...navigator.languages].filter(Boolean);
  try {
    if (ENGLISH.test(wanted[0])) [locale] = wanted;
    else await loadOther(wanted);
  } catch {
    // Where it can't be had, English is here.
    [language, locale] = ['en', 'en'];
  }
  plurals = new Intl.PluralRules(language);
  numbers = new Intl.NumberFormat(locale);
  document.documentElement.lang = language;
}

/** @param {string[]} wanted */
async function loadOther(wanted) {
  const others = await import('./others.js');
  [language, locale] = others.choose(wanted);
  document.documentElement.dir = others.RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr';
  if (language === 'en') return;
  words = (await import(`./${language}.js`)).default;
  textOf = others.textOf;
}

/** What is said in parts of the page that are loaded later. @param {Catalogue} rest */
export function addWords(rest) {
  if (fallback !== english) return;
  fallback = { ...english, ...rest };
  if (language === 'en') words = fallback;
}

/** @param {Key} key @param {Record<string, string | number>} [values] */
export function t(key, values = {}) {
  return tn(key, values).join('');
}

/** The same for values that may be elements, such as a name in a `<bdi>`. @param {Key} key @param {Record<string, string | number | Node>} values */
export function tn(key, values) {
  /** @type {Catalogue[string]} */
  const entry = words[key] ?? fallback[key] ?? key;
  const text = typeof entry === 'string' ? entry : entry[plurals.select(Number(values.count))] ?? entry.other ?? '';
  return text.split(/\{(\w+)\}/).map((part, index) => (index % 2 === 0 ? part : show(values[part] ?? '')))
    .filter((part) => part !== '');
}

/** A text that may not be there, as for a code of the server’s. @param {string} key @returns {string | undefined} */
export function find(key) {
  const entry = words[key] ?? fallback[key];
  return typeof entry === 'string' ? entry : undefined;
}

/** @param {string | number | Node} value */
function show(value) {
  return typeof value === 'number' ? numbers.format(value) : value;
}
