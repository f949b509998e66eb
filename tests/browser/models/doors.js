// Links that let somebody in, and where they lead; other than the model, as a file has one name in both folders.

import { forgetToken, goalOf, keptToken, problemIn, takeToken, tokenIn } from '../account/links.js';
import { shellExample } from '../conversation/hooks.js';
import { afterwards, test } from './fakes.js';
import rest from '../words/en-rest.js';
import { addWords } from '../words/index.js';
import { assert } from './runner.js';

/** Goes to an address of this page for as long as a test takes. @param {string} hash */
function goTo(hash) {
  const before = location.href;
  history.replaceState(null, '', hash);
  afterwards(() => {
    history.replaceState(null, '', before);
    forgetToken('invite');
    forgetToken('reset');
  });
}

test('whoever is in goes to where they wanted to, unless that was a way in', () => {
  for (const path of ['/', '/conversations/7', '/settings', '/admin']) assert.equal(goalOf(path), path);
  for (const path of ['/sign-in', '/setup', '/invite', '/reset', '/join']) assert.equal(goalOf(path), '/');
});

test('a token is found in what people copy', () => {
  assert.equal(tokenIn('https://chat.example/invite#aB-_9'), 'aB-_9');
  assert.equal(tokenIn(' #aB-_9\n'), 'aB-_9');
  assert.equal(tokenIn('aB-_9'), 'aB-_9');
  assert.equal(tokenIn(''), '');
  assert.equal(tokenIn('https://chat.example/invite#'), '');
});

test('a token is taken out of the address, and is there again after a reload', () => {
  goTo('#aB-_9');
  assert.equal(takeToken('invite'), 'aB-_9');
  assert.equal(location.hash, '');
  assert.equal(takeToken('invite'), 'aB-_9');
  assert.equal(keptToken('reset'), '');
  // A newer link counts.
  history.replaceState(null, '', '#newer');
  assert.equal(takeToken('invite'), 'newer');
  forgetToken('invite');
  assert.equal(takeToken('invite'), '');
});

test('where nothing can be kept, the address keeps it', () => {
  goTo('#aB-_9');
  const { setItem } = Storage.prototype;
  Storage.prototype.setItem = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
  afterwards(() => {
    Storage.prototype.setItem = setItem;
  });
  assert.equal(takeToken('invite'), 'aB-_9');
  assert.equal(location.hash, '#aB-_9');
});

test('what went wrong on the way is said in words, whatever it was', async () => {
  addWords(rest);
  assert.equal(problemIn(''), null);
  assert.equal(problemIn('?next=/'), null);
  const known = ['oauth_denied', 'oauth_failed', 'oauth_expired', 'disabled', 'signup_closed', 'identity_taken'];
  const told = known.map((code) => problemIn(`?problem=${code}`));
  assert.equal(new Set(told).size, known.length);
  // Nobody chooses our words for us.
  for (const code of ['other', '<b>x', 'constructor', 'toString']) {
    assert.equal(problemIn(`?problem=${encodeURIComponent(code)}`), 'Couldn’t sign in. Try again.');
  }
});

test('an example for a shell stays one word where the address would end it', () => {
  assert.equal(shellExample('http://a.b/api/hooks/x'), "curl -H 'Content-Type: text/plain' -d 'Hello' 'http://a.b/api/hooks/x'");
  assert.equal(shellExample("http://a.b/'$(x)").split("'").length, 7);
});
