import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EntryFacts } from '../../../xs/api/entry-facts.ts';
import { preferred } from '../../../xs/pages/frame/language-choice.ts';
import { isOurHost, isSameOrigin } from '../../../xs/pages/guard/origin.ts';
import {
  findEntries,
  PER_PAGE,
  readSearch,
  searchQuery,
} from '../../../xs/pages/journal/entry-search.ts';
import { LruCache } from '../../../xs/pages/journal/lru-cache.ts';
import { Failures } from '../../../xs/pages/sign-in/failures.ts';

const test = suite('what the pages decide');

const facts = (title: string, kind: EntryFacts['kind'] = 'text', more = ''): EntryFacts => ({
  ...{ title, kind, more, changed: 1, begun: 1, bytes: 1, preview: false },
  ...{ colours: '', contentBytes: 1, hasContent: true, mimeType: '', activity: '' },
});
const all = [
  { facts: facts('Ñandú y CÓNDOR', 'picture') },
  { facts: facts('Peces', 'text', 'del río') },
  { facts: null },
];
const titles = (words: string, kind: EntryFacts['kind'] | null = null) =>
  findEntries(all, { words, kind, page: 1 }).shown.map((one) => one.facts?.title ?? 'damaged');

test('words are found without their accents, all of them, in title, description and tags', () => {
  assert.equal(titles('nandu condor'), ['Ñandú y CÓNDOR']);
  assert.equal(titles('RIO peces'), ['Peces']);
  assert.equal(titles('peces condor'), []);
  assert.equal(titles('  '), ['Ñandú y CÓNDOR', 'Peces', 'damaged']);
  assert.equal(titles('', 'picture'), ['Ñandú y CÓNDOR']);
});

test('a question with nonsense asks for everything, and says again what it asked', () => {
  const everything = { words: '', kind: null, page: 1 };
  for (const query of [
    {},
    { q: ['a'], kind: 'constructor', page: '-1' },
    { page: '0' },
    { page: 'x' },
  ]) {
    assert.equal(readSearch(query as never), everything);
  }
  const search = readSearch({ q: ' ñ & b ', kind: 'film', page: '3' });
  const again = Object.fromEntries(new URLSearchParams(searchQuery(search, 3)));
  assert.equal(readSearch(again), search);
  assert.is(searchQuery(everything, 1), '');
});

const HOST = 'school.lan:8080';
const SENT: [what: string, headers: Record<string, string>, secure: boolean, ours: boolean][] = [
  ['by a browser that says nothing', {}, false, true],
  ['by our page', { origin: `http://${HOST}` }, false, true],
  [
    'by our page, in clear behind a web server with TLS',
    { origin: `https://${HOST}` },
    false,
    true,
  ],
  ['by our page over HTTPS', { origin: `https://${HOST}` }, true, true],
  ['by our page in clear, to the one over HTTPS', { origin: `http://${HOST}` }, true, false],
  ['by another site', { origin: 'http://evil.example' }, false, false],
  ['by another site over HTTPS', { origin: 'https://evil.example' }, true, false],
  ['by our host at another port', { origin: 'http://school.lan' }, false, false],
  ['by a page without an address', { origin: 'null' }, false, false],
  ['by our page, says the browser', { 'sec-fetch-site': 'same-origin' }, false, true],
  ['by somebody who typed the address', { 'sec-fetch-site': 'none' }, false, true],
  ['by another site, says the browser', { 'sec-fetch-site': 'cross-site' }, false, false],
  ['by a neighbour, says the browser', { 'sec-fetch-site': 'same-site' }, false, false],
  [
    'by another site, whatever the origin says',
    { 'sec-fetch-site': 'cross-site', origin: `http://${HOST}` },
    false,
    false,
  ],
];
for (const [what, headers, secure, ours] of SENT) {
  test(`a request ${what} is ${ours ? 'taken' : 'refused'}`, () => {
    assert.is(isSameOrigin({ host: HOST, ...headers }, secure), ours);
  });
}

test('a page beyond the last is the last', () => {
  const many = Array.from({ length: PER_PAGE + 1 }, (_, n) => ({ facts: facts(String(n)) }));
  const found = findEntries(many, { words: '', kind: null, page: 99 });
  assert.equal([found.page, found.pages, found.total, found.shown.length], [2, 2, PER_PAGE + 1, 1]);
  assert.equal(findEntries([], { words: '', kind: null, page: 5 }).pages, 1);
});

test('wrong passwords cost half a minute from the fifth on, twice as much each time, up to 15 minutes', () => {
  const failures = new Failures();
  const waits = Array.from({ length: 14 }, () => {
    failures.note('a', 0);
    return failures.wait('a', 0) / 1000;
  });
  assert.equal(waits, [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900, 900, 900]);
  assert.is(failures.wait('b', 0), 0, 'another address');
  assert.is(failures.wait('a', 60 * 60_000 + 1), 0, 'an hour later');
});

test('a flood of addresses is forgotten, not remembered', () => {
  const failures = new Failures();
  for (let n = 0; n < 5; n += 1) failures.note('first', 0);
  for (let n = 0; n < 5000; n += 1) failures.note(`${n}`, 1);
  assert.is(failures.wait('first', 1), 0);
});

test('languages are wanted in the order of their weights', () => {
  assert.equal(preferred('en;q=0.1, es-PE, fr;q=0.5, xx;q=0, <script>;q=1'), ['es-PE', 'fr', 'en']);
  assert.equal(preferred(''), []);
});

test('our names are ours in any case, with a port, with the dot at the end', () => {
  for (const host of ['School', 'school.', 'school:8080', '192.168.1.1:80', '[fe80::1]']) {
    assert.ok(isOurHost(host, ['SCHOOL']), host);
  }
  for (const host of [undefined, '', 'school:', 'a school', 'school.evil', '1.2.3', '[1.2.3.4]']) {
    assert.not(isOurHost(host, ['school']), String(host));
  }
});

test('the shelf makes a thing once for all who wait, and drops what was not used for longest', async () => {
  const shelf = new LruCache<string>(10);
  let made = 0;
  const get = (name: string) =>
    shelf.get(name, async () => {
      made += 1;
      return { value: name, bytes: 4 };
    });
  assert.equal(await Promise.all([get('a'), get('a')]), ['a', 'a']);
  assert.is(made, 1);
  await get('b');
  await get('a');
  await get('c'); // b goes
  assert.is(shelf.bytes, 8);
  await get('a');
  assert.is(made, 3);
  await get('b');
  assert.is(made, 4);
  const failing = () => shelf.get('x', async () => Promise.reject(new Error('no')));
  assert.is(await failing().catch((error: Error) => error.message), 'no');
  assert.is(await shelf.get('x', async () => ({ value: 'yes', bytes: 1 })), 'yes');
});

test.run();
