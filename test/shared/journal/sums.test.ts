import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Digest, parseUid, type Uid } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import {
  difference,
  formatSums,
  MAX_ENTRIES,
  parseSums,
  stateDigest,
} from '../../../shared/journal/sums.ts';
import { temporaryFolder } from '../folder.ts';
import { seeded } from '../random.ts';
import { refused } from '../refused.ts';

const test = suite('sums');
const folder = temporaryFolder(test);

function uid(n: number): Uid {
  return parseUid(`${n.toString(16).padStart(8, '0')}-1111-4222-8333-444455556666`);
}

function journal(...numbers: number[]): Map<Uid, Digest> {
  return new Map(numbers.map((n) => [uid(n), digestOf(`version of ${n}`)]));
}

const [a, b] = [uid(1), uid(2)];
const [da, db] = [digestOf('a'), digestOf('b')];
const GOOD = `${da}  ${a}.metadata\n${db}  ${b}.metadata\n`;

test('one line an entry, sorted by uid', () => {
  const versions = new Map([
    [b, db],
    [a, da],
  ]);
  assert.is(formatSums(versions), GOOD);
  assert.equal([...parseSums(GOOD)], [...versions].reverse());
});

test('sha256sum -c reads them', () => {
  for (const [name, text] of Object.entries({ [a]: 'a', [b]: 'b' })) {
    writeFileSync(join(folder, `${name}.metadata`), text);
  }
  const output = execFileSync('sha256sum', ['-c', '--strict'], { cwd: folder, input: GOOD });
  assert.is(output.toString(), `${a}.metadata: OK\n${b}.metadata: OK\n`);
});

test('capitals sort before small letters on both sides', () => {
  const upper = parseUid(`A${'0'.repeat(35)}`);
  const lower = parseUid(`a${'0'.repeat(35)}`);
  const text = formatSums(
    new Map([
      [lower, da],
      [upper, db],
    ]),
  );
  assert.equal([...parseSums(text).keys()], [upper, lower]);
});

test('random Journals come back, and their digest depends on nothing but the versions', () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const random = seeded(seed);
    const versions = journal(...Array.from({ length: random.below(60) }, () => random.below(1e6)));
    const backwards = new Map([...versions].reverse());
    const text = formatSums(versions);
    assert.is(formatSums(parseSums(text)), text, `seed ${seed}`);
    assert.is(stateDigest(backwards), stateDigest(versions), `seed ${seed}`);
    assert.is(stateDigest(versions), digestOf(text));
  }
});

test('the state digest of an empty Journal is that of nothing', () => {
  assert.is(stateDigest(new Map()), digestOf(''));
  assert.equal(parseSums(''), new Map());
});

test('a changed, added or removed entry changes the state digest', () => {
  const digests = [
    journal(1, 2, 3),
    journal(1, 2),
    journal(1, 2, 3, 4),
    new Map([...journal(1, 2, 3), [uid(3), digestOf('another version')] as const]),
  ].map(stateDigest);
  assert.is(new Set(digests).size, 4);
});

const BAD: [what: string, text: string, message: RegExp][] = [
  ['out of order', `${db}  ${b}.metadata\n${da}  ${a}.metadata\n`, /line 2 is out of order/],
  ['a uid twice', `${da}  ${a}.metadata\n${da}  ${a}.metadata\n`, /line 2 is out of order/],
  ['a uid twice with two digests', `${da}  ${a}.metadata\n${db}  ${a}.metadata\n`, /line 2/],
  ['the last newline cut off', GOOD.slice(0, -1), /truncated/],
  ['cut in the second line', GOOD.slice(0, 150), /truncated/],
  ['an empty line', `${GOOD}\n`, /line 3 is malformed/],
  ['an empty line only', '\n', /line 1 is malformed/],
  ['CRLF', GOOD.replaceAll('\n', '\r\n'), /line 1 is malformed/],
  ['one space', GOOD.replace('  ', ' '), /line 1/],
  ['binary mode', GOOD.replace('  ', ' *'), /line 1/],
  ['a digest in capitals', GOOD.replace(da, da.toUpperCase()), /line 1/],
  ['a short digest', GOOD.replace(da, da.slice(1)), /line 1/],
  ['content in place of metadata', GOOD.replace('.metadata', ''), /line 1/],
  ['a folder', GOOD.replace(a, `./${a}`), /line 1/],
  ['a comment', `# sums\n${GOOD}`, /line 1/],
  ['a byte order mark', `\ufeff${GOOD}`, /line 1/],
];

for (const [what, text, message] of BAD) {
  test(`are refused: ${what}`, () => {
    refused(() => parseSums(text), 'bad-input', message);
  });
}

test('are refused: a uid that is a path', () => {
  const text = `${da}  ../../../../../../../../etc/passwd00.metadata\n`;
  refused(() => parseSums(text.replace('passwd00', 'passwd0000')), 'bad-input');
  const exact = `${da}  ${'../'.repeat(12)}.metadata\n`;
  refused(() => parseSums(exact), 'bad-input', /line 1/);
});

test(`more than ${MAX_ENTRIES} entries are refused before they are looked at`, () => {
  refused(() => parseSums('x\n'.repeat(MAX_ENTRIES + 1)), 'bad-input', /more than 50000/);
  refused(() => parseSums('x\n'.repeat(MAX_ENTRIES)), 'bad-input', /line 1 is malformed/);
});

test('the difference of two Journals', () => {
  const from = journal(1, 2, 3);
  const to = new Map([...journal(2, 3, 4), [uid(3), digestOf('edited')] as const]);
  const { changed, removed } = difference(from, to);
  assert.equal([...changed.keys()].sort(), [uid(3), uid(4)]);
  assert.equal(removed, [uid(1)]);
  assert.equal(difference(from, from), { changed: new Map(), removed: [] });
});

test('the difference, applied, leads from one Journal to the other', () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const random = seeded(seed);
    const some = () => journal(...Array.from({ length: 20 }, () => random.below(30)));
    const [from, to] = [some(), some()];
    for (const key of to.keys()) if (random.below(3) === 0) to.set(key, digestOf(`${seed} ${key}`));
    const { changed, removed } = difference(from, to);
    const applied = new Map([...from, ...changed]);
    for (const key of removed) applied.delete(key);
    assert.is(stateDigest(applied), stateDigest(to), `seed ${seed}`);
  }
});

test.run();
