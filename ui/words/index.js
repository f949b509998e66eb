// The words of the page, in the language of whoever reads it. Each language has a catalogue, a module of its own beside
// this one. English stands in for what another one lacks, and is in two parts, so that the first look needn't wait for all.

import { kept } from '../base/storage.js';
import english from './en.js';

/** @typedef {keyof typeof english | keyof (typeof import('./en-rest.js'))['default']} Key */
/**
 * A text, or one for each plural category of the language (CLDR), of which `count` chooses. `{name}` stands for a value.
 * @typedef {Readonly<Record<string, string | Readonly<Record<string, string>>>>} Catalogue
 */

/** Those that there are, by their tags (BCP 47), which are also the names of the files. */
export const LANGUAGES = ['en', 'de', 'fr', 'es', 'pl', 'ar', 'zh-Hans', 'ja'];
const RIGHT_TO_LEFT = ['ar'];
/** What somebody has chosen in the settings, or nothing. */
export const CHOSEN = 'preference:language';

/** @type {Catalogue} */
let words = english;
/** @type {Catalogue} */
let fallback = english;
export let language = 'en';
let plurals = new Intl.PluralRules(language);
let numbers = new Intl.NumberFormat(language);
/** The language as it is wanted, such as British English, by which times and numbers are written. */
export let locale = language;

/** To be called before anything is shown: from then on, the page speaks the language of whoever reads it. */
export async function loadWords() {
  const wanted = [kept(CHOSEN), ...navigator.languages].filter(Boolean);
  [language, locale] = choose(wanted);
  try {
    if (language !== 'en') words = (await import(`./${language}.js`)).default;
  } catch {
    // Where it can't be had, English is here.
    [language, locale] = ['en', 'en'];
  }
  plurals = new Intl.PluralRules(language);
  numbers = new Intl.NumberFormat(locale);
  document.documentElement.lang = language;
  document.documentElement.dir = RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr';
}

/** What is said in parts of the page that are loaded later. */
export async function loadRest() {
  if (fallback !== english) return;
  const { default: rest } = await import('./en-rest.js');
  fallback = { ...english, ...rest };
  if (language === 'en') words = fallback;
}

/**
 * The first language that there is, and as what it is wanted.
 * @param {string[]} wanted language tags, the best first @returns {[string, string]}
 */
export function choose(wanted, offered = LANGUAGES) {
  for (const tag of wanted) {
    const found = offered.find((each) => namesOf(tag).includes(each));
    if (found) return [found, tag];
  }
  return ['en', 'en'];
}

/** What somebody who wants a language can read: for `zh-CN`, that is `zh-Hans`. @param {string} tag */
function namesOf(tag) {
  try {
    const { language, script } = new Intl.Locale(tag).maximize();
    return [`${language}-${script}`, ...(language === 'zh' ? [] : [language])];
  } catch {
    // Not a language tag (RFC 5646).
    return [];
  }
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
