import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DsError } from '../../../shared/errors.ts';
import { parseDigest } from '../../../shared/ids.ts';
import {
  checkPropertyCount,
  decodeEntry,
  digestFile,
  digestOf,
  type Entry,
  encodeEntry,
  isInternalProperty,
  MAX_METADATA_BYTES,
  MAX_PROPERTIES,
  propertyText,
} from '../../../shared/journal/entry.ts';
import { temporaryFolder } from '../folder.ts';
import { type Random, seeded } from '../random.ts';
import { refused } from '../refused.ts';

const test = suite('entry');
const folder = temporaryFolder(test);

const DIGEST = parseDigest('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

function entryOf(properties: Record<string, string | Buffer>, size = 0): Entry {
  const pairs = Object.entries(properties).map(([name, value]): [string, Buffer] => [
    name,
    Buffer.from(value as string),
  ]);
  return { content: { digest: DIGEST, size }, properties: new Map(pairs) };
}

/** Entries compare by their properties' bytes, in any order. */
function sorted(entry: Entry): unknown {
  const properties = [...entry.properties].map(([name, bytes]) => [name, bytes.toString('hex')]);
  return { content: entry.content, properties: properties.sort() };
}

test('has the form that PROTOCOL.md shows', () => {
  const entry = entryOf({ title: 'Mi dibujo ☀', preview: Buffer.from([0x89, 0x50, 0xff]) }, 12);
  assert.is(
    encodeEntry(entry).toString(),
    `{"content":{"sha256":"${DIGEST}","size":12},` +
      '"properties":{"preview":{"base64":"iVD/"},"title":"Mi dibujo ☀"}}\n',
  );
});

test('an entry without content and one without properties', () => {
  const nothing: Entry = { content: null, properties: new Map() };
  assert.is(encodeEntry(nothing).toString(), '{"content":null,"properties":{}}\n');
  assert.equal(decodeEntry(encodeEntry(nothing)), nothing);
});

test('the order in which properties were read does not matter', () => {
  const names = ['title', 'uid', '10', '9', 'Title', 'é', 'mime_type', '', 'z'].filter(Boolean);
  const forth = entryOf(Object.fromEntries(names.map((name) => [name, name])));
  const back: Entry = { ...forth, properties: new Map([...forth.properties].reverse()) };
  assert.equal(encodeEntry(back), encodeEntry(forth));
});

const NAMES = ['title', 'preview', '0', '7', '10', 'constructor', 'prototype', 'toString'];
const ODD_NAMES = ['a b', 'é', '"', '\\', '\n', '\u2028', '☀', 'hasOwnProperty', 'x'.repeat(255)];

for (const name of [...NAMES, ...ODD_NAMES]) {
  test(`a property named ${JSON.stringify(name.slice(0, 20))} survives`, () => {
    const entry = entryOf({ [name]: 'value', other: Buffer.from([0xff]) });
    assert.equal(sorted(decodeEntry(encodeEntry(entry))), sorted(entry));
  });
}

for (const name of ['', '__proto__', '.tmp', 'checksum', 'a/b', '..', 'nul\0', 'x'.repeat(256)]) {
  test(`a property named ${JSON.stringify(name.slice(0, 20))} is refused`, () => {
    refused(() => encodeEntry(entryOf({ a: 'b' })).length && encodeNamed(name), 'bad-input');
  });
}

function encodeNamed(name: string): Buffer {
  return encodeEntry({ content: null, properties: new Map([[name, Buffer.from('x')]]) });
}

const VALUES: [string, Buffer][] = [
  ['empty', Buffer.alloc(0)],
  ['a byte order mark', Buffer.from('\ufeffx')],
  ['a NUL', Buffer.from('a\0b')],
  ['what looks like our base64', Buffer.from('{"base64":"AAAA"}')],
  ['line separators', Buffer.from('\u2028\u2029\u0085\r\n')],
  ['an unpaired surrogate, as CESU-8', Buffer.from([0xed, 0xa0, 0x80])],
  ['an overlong slash', Buffer.from([0xc0, 0xaf])],
  ['the replacement character itself', Buffer.from('\ufffd')],
  ['beyond the last character', Buffer.from([0xf4, 0x90, 0x80, 0x80])],
  ['a non-character', Buffer.from('\uffff\u{10ffff}')],
];

for (const [what, bytes] of VALUES) {
  test(`a value is kept byte for byte: ${what}`, () => {
    const entry = entryOf({ value: bytes });
    assert.equal(decodeEntry(encodeEntry(entry)).properties.get('value'), bytes);
  });
}

test('random entries come back as they were, and their encoding is the only one', () => {
  for (let seed = 1; seed <= 400; seed += 1) {
    const entry = randomEntry(seeded(seed));
    const bytes = encodeEntry(entry);
    const decoded = decodeEntry(bytes);
    assert.equal(sorted(decoded), sorted(entry), `seed ${seed}`);
    assert.equal(encodeEntry(decoded), bytes, `seed ${seed}`);
  }
});

function randomEntry(random: Random): Entry {
  const properties = new Map<string, Buffer>();
  for (let left = random.below(12); left > 0; left -= 1) {
    const name = random.pick([...NAMES, ...ODD_NAMES, String(random.below(1000))]);
    const text = () => Buffer.from(random.bytes(random.below(40)).toString('latin1'));
    properties.set(name, random.below(2) ? random.bytes(random.below(40)) : text());
  }
  const digest = digestOf(random.bytes(8));
  const size = random.pick([0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER, random.below(1e9)]);
  return { content: random.below(5) === 0 ? null : { digest, size }, properties };
}

test('every change of one byte is refused or means another entry', () => {
  const entry = entryOf({ '7': 'x', title: 'Él', preview: Buffer.from([0xff, 0]) }, 205);
  const good = encodeEntry(entry);
  let refusals = 0;
  for (let at = 0; at < good.length; at += 1) {
    for (let value = 0; value < 256; value += 1) {
      if (value === good[at]) continue;
      const bytes = Buffer.from(good);
      bytes[at] = value;
      const decoded = decodeOrNull(bytes);
      if (decoded) assert.ok(encodeEntry(decoded).equals(bytes), `byte ${at} = ${value}`);
      else refusals += 1;
    }
  }
  assert.ok(refusals > good.length * 150, `only ${refusals} refusals`);
});

test('every cut is refused', () => {
  const good = encodeEntry(entryOf({ title: 'Él', preview: Buffer.from([0xff]) }, 205));
  for (let length = 0; length < good.length; length += 1) {
    assert.is(decodeOrNull(good.subarray(0, length)), null, `${length} bytes`);
  }
});

function decodeOrNull(bytes: Buffer): Entry | null {
  try {
    return decodeEntry(bytes);
  } catch (error) {
    if (error instanceof DsError && error.code === 'bad-input') return null;
    throw error;
  }
}

const START = `{"content":{"sha256":"${DIGEST}","size":1},"properties":`;
const HOSTILE: [what: string, text: string | Buffer][] = [
  ['nothing', ''],
  ['no JSON', 'hello\n'],
  ['null', 'null\n'],
  ['a list', '[]\n'],
  ['a number', '1\n'],
  ['an empty object', '{}\n'],
  ['no properties', '{"content":null}\n'],
  ['no content', '{"properties":{}}\n'],
  ['the other order', '{"properties":{},"content":null}\n'],
  ['one more key', '{"content":null,"properties":{},"x":1}\n'],
  [
    'one more key in the content',
    `{"content":{"sha256":"${DIGEST}","size":1,"x":1},"properties":{}}\n`,
  ],
  ['no newline', '{"content":null,"properties":{}}'],
  ['two newlines', '{"content":null,"properties":{}}\n\n'],
  ['trailing words', '{"content":null,"properties":{}}\nrm -rf /'],
  ['a trailing NUL', '{"content":null,"properties":{}}\n\0'],
  ['a space', '{"content": null,"properties":{}}\n'],
  ['prettified', JSON.stringify({ content: null, properties: { a: 'b' } }, null, 2)],
  ['a byte order mark', '\ufeff{"content":null,"properties":{}}\n'],
  ['a key twice', '{"content":null,"content":null,"properties":{}}\n'],
  ['a property twice', `${START}{"a":"1","a":"2"}}\n`],
  ['properties out of order', `${START}{"b":"1","a":"2"}}\n`],
  ['__proto__', `${START}{"__proto__":"x"}}\n`],
  ['__proto__ as an object', `${START}{"__proto__":{"base64":"/w=="}}}\n`],
  ['__proto__ at the top', '{"content":null,"properties":{},"__proto__":{}}\n'],
  ['toString at the top', '{"content":null,"properties":{},"toString":"x"}\n'],
  ['an internal property', `${START}{"checksum":"x"}}\n`],
  ['a dot-file', `${START}{".x":"x"}}\n`],
  ['a path', `${START}{"../../etc/passwd":"x"}}\n`],
  ['an empty name', `${START}{"":"x"}}\n`],
  ['a number as value', `${START}{"a":1}}\n`],
  ['null as value', `${START}{"a":null}}\n`],
  ['a list as value', `${START}{"a":["x"]}}\n`],
  ['a list as properties', `${START}[]}\n`],
  ['null as properties', `${START}null}\n`],
  ['text as properties', `${START}"x"}\n`],
  ['base64 of text that is UTF-8', `${START}{"a":{"base64":"YQ=="}}}\n`],
  ['base64 without padding', `${START}{"a":{"base64":"/w"}}}\n`],
  ['base64 for URLs', `${START}{"a":{"base64":"_w=="}}}\n`],
  ['base64 with a space', `${START}{"a":{"base64":"/w= ="}}}\n`],
  ['base64 with loose bits', `${START}{"a":{"base64":"/x=="}}}\n`],
  ['base64 and another key', `${START}{"a":{"base64":"/w==","x":1}}}\n`],
  ['base64 that is a number', `${START}{"a":{"base64":1}}}\n`],
  ['an escape that is not needed', `${START}{"a":"\\u0061"}}\n`],
  ['an escaped slash', `${START}{"a":"\\/"}}\n`],
  ['an unpaired surrogate', `${START}{"a":"\\ud800"}}\n`],
  [
    'bytes that are not UTF-8',
    Buffer.concat([Buffer.from(`${START}{"a":"`), Buffer.from([0xff]), Buffer.from('"}}\n')]),
  ],
  [
    'a digest in capitals',
    `{"content":{"sha256":"${DIGEST.toUpperCase()}","size":1},"properties":{}}\n`,
  ],
  [
    'a digest that is a path',
    `{"content":{"sha256":"../../../etc/passwd","size":1},"properties":{}}\n`,
  ],
  ['a size below zero', `{"content":{"sha256":"${DIGEST}","size":-1},"properties":{}}\n`],
  ['a size of minus zero', `{"content":{"sha256":"${DIGEST}","size":-0},"properties":{}}\n`],
  ['a size with a fraction', `{"content":{"sha256":"${DIGEST}","size":1.5},"properties":{}}\n`],
  ['a size as 1e2', `{"content":{"sha256":"${DIGEST}","size":1e2},"properties":{}}\n`],
  ['a size of 1.0', `{"content":{"sha256":"${DIGEST}","size":1.0},"properties":{}}\n`],
  [
    'a size beyond numbers',
    `{"content":{"sha256":"${DIGEST}","size":9007199254740993},"properties":{}}\n`,
  ],
  ['a size of 1e999', `{"content":{"sha256":"${DIGEST}","size":1e999},"properties":{}}\n`],
  ['a size as text', `{"content":{"sha256":"${DIGEST}","size":"1"},"properties":{}}\n`],
  ['very deep', `${'['.repeat(100_000)}\n`],
];

for (const [what, text] of HOSTILE) {
  test(`is not an entry: ${what}`, () => {
    refused(() => decodeEntry(Buffer.from(text as string)), 'bad-input');
  });
}

test('an entry that cannot be read says which part is wrong', () => {
  const message = (text: string | Buffer) =>
    refused(() => decodeEntry(Buffer.from(text as string)), 'bad-input').message;
  assert.match(message(Buffer.from([0xff])), /not UTF-8/);
  assert.match(message('{'), /not JSON/);
  assert.match(message(`{"content":{"sha256":"x","size":1},"properties":{}}\n`), /sha256/);
  assert.match(message(`${START}{"a":1}}\n`), /the value of "a"/);
  assert.match(message(`${START}{"a":"\\u0061"}}\n`), /canonical/);
});

test('the size of metadata is limited both ways', () => {
  const huge = entryOf({ preview: Buffer.alloc(MAX_METADATA_BYTES, 'x') });
  const error = refused(() => encodeEntry(huge), 'bad-input', /too large/);
  assert.match(error.hint ?? '', /at most 8388608 bytes/);
  refused(() => decodeEntry(Buffer.alloc(MAX_METADATA_BYTES + 1, ' ')), 'bad-input', /too large/);
  const frame = encodeEntry(entryOf({ preview: '' })).length;
  const preview = Buffer.alloc(MAX_METADATA_BYTES - frame, 'x');
  const fits = encodeEntry(entryOf({ preview }));
  assert.is(fits.length, MAX_METADATA_BYTES);
  assert.is(decodeEntry(fits).properties.get('preview')?.length, preview.length);
  refused(() => encodeEntry(entryOf({ preview: Buffer.concat([preview, preview]) })), 'bad-input');
});

test('properties of the datastore itself are known', () => {
  for (const name of ['checksum', '.title', '.']) assert.ok(isInternalProperty(name), name);
  for (const name of ['title', 'checksums', 'a.b']) assert.not(isInternalProperty(name), name);
});

test('a property as text', () => {
  const entry = entryOf({ title: 'Él', preview: Buffer.from([0xff]) });
  assert.is(propertyText(entry, 'title'), 'Él');
  assert.is(propertyText(entry, 'preview'), undefined);
  assert.is(propertyText(entry, 'absent'), undefined);
});

test('digests are those of sha256sum', async () => {
  assert.is(digestOf(''), DIGEST);
  const bytes = seeded(5).bytes(700_001); // more than two pieces
  const path = join(folder, 'content');
  writeFileSync(path, bytes);
  const digest = createHash('sha256').update(bytes).digest('hex');
  assert.equal(await digestFile(path), { digest, size: bytes.length });
});

test('reading a digest can be aborted', async () => {
  const path = join(folder, 'aborted');
  writeFileSync(path, 'x');
  const [outcome] = await Promise.allSettled([digestFile(path, AbortSignal.abort())]);
  assert.is(outcome?.status, 'rejected');
});

test('an entry has a limited number of properties, whatever is in them', () => {
  const many = (n: number, value: string | Buffer) =>
    entryOf(Object.fromEntries(Array.from({ length: n }, (_, at) => [`p${at}`, value])));
  for (const value of ['', '":":\\":', Buffer.from([0xff, 0x3a])]) {
    checkPropertyCount(encodeEntry(many(MAX_PROPERTIES, value)));
    refused(() => encodeEntry(many(MAX_PROPERTIES + 1, value)), 'bad-input', /1000 properties/);
  }
  checkPropertyCount(encodeEntry(entryOf({ tags: '":'.repeat(100_000) })));
  const empty = Array.from({ length: 600_000 }, (_, at) => `"${at.toString(36)}":""`).join(',');
  const bytes = Buffer.from(`{"content":null,"properties":{${empty}}}\n`);
  refused(() => checkPropertyCount(bytes), 'bad-input', /1000 properties/);
});

test('an error shows no more than 80 characters of a name', () => {
  const long = 'x'.repeat(300);
  const shown = (value: string) =>
    refused(() => decodeEntry(Buffer.from(`${START}{"${long}":${value}}}\n`)), 'bad-input').message;
  assert.match(shown('1'), /"x{80}"$/);
  assert.match(shown('""'), /name "x{80}"$/);
});

test('an error of JSON keeps its cause', () => {
  const { cause } = refused(() => decodeEntry(Buffer.from('{')), 'bad-input');
  assert.instance(cause, SyntaxError);
});

test('what is wrong is said: another kind of JSON, a part that is missing, too many properties', () => {
  const decode = (text: string) => () => decodeEntry(Buffer.from(text));
  refused(decode('5\n'), 'bad-input', /entry: Invalid type: Expected Object but received 5/);
  refused(decode('{"content":null}\n'), 'bad-input', /entry: wrong shape/);
  const names = Array.from({ length: MAX_PROPERTIES + 1 }, (_, n) => `p${n}`);
  const properties = new Map(names.map((name) => [name, Buffer.alloc(0)] as const));
  const { hint } = refused(() => encodeEntry({ content: null, properties }), 'bad-input');
  assert.match(hint ?? '', /the activity that wrote the entry/);
});

test.run();
