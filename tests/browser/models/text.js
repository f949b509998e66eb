// Texts as they are meant: by tests/vectors/text.json, which the server is held to as well, and as they are shown.

import { parseText } from '../text/blocks.js';
import { linkAt } from '../text/links.js';
import { formatted, inOneLine } from '../text/text-view.js';
import { JANE } from './fakes.js';
import { assert, test } from './runner.js';

/** @import {Mention} from '../base/types.js' */

/** @type {{texts: {text: string, shown: unknown[], line?: string, mentions?: [number, number][]}[], ends: string, goesOn: string}} */
const VECTORS = await (await fetch(new URL('./vectors/text.json', import.meta.url))).json();

test('texts are understood as on the pages without scripts', () => {
  for (const { text, shown, mentions = [] } of VECTORS.texts) {
    const blocks = parseText(text, mentions.map(([start, end]) => ({ start, end })));
    assert.ok(JSON.stringify(blocks) === JSON.stringify(shown), `${text}\n${JSON.stringify(blocks)}\nshould be\n${JSON.stringify(shown)}`);
  }
});

test('in one line, nothing is left of signs', () => {
  for (const { text, line } of VECTORS.texts) if (line !== undefined) assert.equal(inOneLine(text), line);
});

test('a line is cut between characters as people see them', () => {
  const family = '👨‍👩‍👧';
  const line = inOneLine(`**${'a'.repeat(197)}** ${family} b`);
  assert.equal(line, `${'a'.repeat(197)} …`);
  assert.equal(inOneLine(`${'a'.repeat(192)}${family}`), `${'a'.repeat(192)}${family}`);
});

test('links end at signs that are part of no address', () => {
  for (const sign of VECTORS.ends) assert.equal([sign, linkAt(`https://e.x/a${sign}b`, 0)], [sign, 'https://e.x/a']);
  for (const sign of VECTORS.goesOn) assert.equal(linkAt(`https://e.x/a${sign}b`, 0), `https://e.x/a${sign}b`);
});

/** @param {string} text @param {Mention[]} [mentions] @param {string} [me] */
function shown(text, mentions = [], me = '') {
  const place = document.createElement('div');
  place.append(...formatted(text, mentions, me));
  return place;
}

test('a text is made of elements that say what they are', () => {
  const place = shown('Look, **_here_** `x`:\n```js\nlet <b> = 1;\n```\n> a\n- b\n7. c');
  assert.equal([...place.children].map(({ localName, className }) => className || localName), ['p', 'code-block', 'blockquote', 'ul', 'ol']);
  for (const each of place.querySelectorAll('p:first-child, ul')) assert.ok(each.getAttribute('dir') !== 'ltr');
  assert.equal(place.querySelector('strong > em')?.textContent, 'here');
  assert.equal(place.querySelector('pre > code')?.textContent, 'let <b> = 1;');
  assert.equal(place.querySelector('ol > li')?.getAttribute('value'), '7');
  assert.equal(shown('just **this**').children.length, 1);
});

test('an address that turns the direction of writing around is shown as it is', () => {
  for (const control of '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069') {
    const address = `https://example.org/${encodeURIComponent(control)}gpj.exe`;
    const link = shown(`See https://example.org/${control}gpj.exe.`).querySelector('a');
    assert.equal([link?.href, link?.textContent], [address, address]);
  }
});

test('who is mentioned has the name of today, and leads to a profile', () => {
  const mentions = [{ start: 2, end: 7, user: { ...JANE, displayName: 'Jane Doe' } }, { start: 14, end: 18, all: /** @type {const} */ (true) }];
  const place = shown('**@jane** and @all', mentions, JANE.id);
  const [jane, all] = place.querySelectorAll('.mention.own');
  assert.equal([jane?.textContent, jane?.getAttribute('value'), all?.textContent], ['@Jane Doe', JANE.id, '@all']);
  assert.ok(jane?.matches('strong > button[name=profile]') && all?.matches('span'));
  assert.ok(!shown('**@jane** and @all', mentions, 'x').querySelector('button.own'));
  assert.equal(inOneLine('**@jane** and @all', mentions), '@Jane Doe and @all');
});
