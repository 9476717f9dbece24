import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DsError } from '../../shared/errors.ts';
import {
  newRunId,
  parseDigest,
  parseRunId,
  parseSerial,
  parseSnapshotName,
  parseUid,
  snapshotMinute,
  tryParse,
} from '../../shared/ids.ts';
import { refused } from './refused.ts';

const test = suite('ids');

const UID = '3b1f6a52-9d0c-4c57-8a55-0f1e2d3c4b5a';
const DIGEST = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const MINUTE = 'datastore-2026-11-22_14:05';

/** Bad for every kind of id, whatever its form. */
const BAD_FOR_ALL: unknown[] = [
  undefined,
  null,
  0,
  11,
  true,
  {},
  [],
  ['CSN74803BB1'],
  { toString: () => 'CSN74803BB1' },
  '',
  ' ',
  '.',
  '..',
  '../..',
  '/',
  '\0',
  '-',
  '--help',
  '*',
];

interface Kind {
  name: string;
  parse: (text: unknown) => string;
  good: string[];
  bad: string[];
}

const KINDS: Kind[] = [
  {
    name: 'serial number',
    parse: parseSerial,
    good: ['CSN74803BB1', 'SHC00000000', 'ABC12345678', 'SHF0123ABCD', 'ZZZFFFFFFFF'],
    bad: [
      'csn74803BB1',
      'CSN74803bb1',
      'CSN74803BB',
      'CSN74803BB11',
      'CSN74803BBG',
      'CS174803BB1',
      'CSN74803BB1\n',
      '\nCSN74803BB1',
      'CSN74803BB1\0',
      'CSN7480\x003BB1',
      'CSN74803BB1 ',
      ' CSN74803BB1',
      'CSN7480/BB1',
      'CSN/../../..',
      'CSN٧٤٨٠٣٣٣١', // Arabic-Indic digits
      'CSN７４８０３３３１', // full-width digits
      'ÇSN74803BB1',
      'СSN74803BB1', // a Cyrillic С
      'CSN74803BB\u0661',
    ],
  },
  {
    name: 'entry uid',
    parse: parseUid,
    good: [
      UID,
      UID.toUpperCase(),
      '0'.repeat(36),
      'z'.repeat(36),
      `a${'-'.repeat(35)}`,
      `${UID.slice(0, 35)}-`,
    ],
    bad: [
      UID.slice(1),
      `${UID}0`,
      `-${UID.slice(1)}`,
      '-'.repeat(36),
      `.${UID.slice(1)}`,
      `..${UID.slice(2)}`,
      `${UID.slice(0, 33)}/..`,
      `../${UID.slice(3)}`,
      `${UID.slice(0, 35)}\0`,
      `${UID.slice(0, 35)}\n`,
      `${UID}\n`,
      `\n${UID}`,
      `${UID.slice(0, 35)} `,
      `${UID.slice(0, 35)}_`,
      `${UID.slice(0, 35)}é`,
      `${UID.slice(0, 35)}٣`,
      `${UID.slice(0, 35)}\u2028`,
      `${UID.slice(0, 27)}.metadata`,
      `${UID.slice(0, 34)}\ud83d\ude00`,
    ],
  },
  {
    name: 'SHA-256 digest',
    parse: parseDigest,
    good: [DIGEST, '0'.repeat(64)],
    bad: [
      DIGEST.toUpperCase(),
      DIGEST.slice(1),
      `${DIGEST}0`,
      `${DIGEST}\n`,
      `g${DIGEST.slice(1)}`,
      `..${DIGEST.slice(2)}`,
      `0x${DIGEST.slice(2)}`,
      `${DIGEST.slice(0, 63)}٣`,
      `${DIGEST.slice(0, 63)}\0`,
    ],
  },
  {
    name: 'run id',
    parse: parseRunId,
    good: ['0123456789abcdef0123456789abcdef'],
    bad: [
      '0123456789ABCDEF0123456789abcdef',
      '0123456789abcdef0123456789abcde',
      '0123456789abcdef0123456789abcdef0',
      '0123456789abcdef0123456789abcdef\n',
      '../3456789abcdef0123456789abcdef',
      '0123456789abcdef0123456789abcde٣',
    ],
  },
  {
    name: 'snapshot name',
    parse: parseSnapshotName,
    good: [
      MINUTE,
      `${MINUTE}-2`,
      `${MINUTE}-9`,
      `${MINUTE}-10`,
      `${MINUTE}-99999`,
      'datastore-1970-01-01_00:00', // a server whose clock battery is empty
      'datastore-2024-02-29_23:59',
      'datastore-2000-02-29_00:00',
      'datastore-9999-12-31_23:59',
    ],
    bad: [
      'datastore-2026-02-29_10:00',
      'datastore-1900-02-29_10:00',
      'datastore-2026-02-30_10:00',
      'datastore-2026-04-31_10:00',
      'datastore-2026-00-10_10:00',
      'datastore-2026-13-10_10:00',
      'datastore-2026-11-00_10:00',
      'datastore-2026-11-32_10:00',
      'datastore-2026-11-22_24:00',
      'datastore-2026-11-22_14:60',
      'datastore-2026-11-22_1405',
      'datastore-2026-11-22 14:05',
      'datastore-2026-11-22T14:05',
      'datastore-26-11-22_14:05',
      'datastore-12026-11-22_14:05',
      'datastore-2026-11-22_14:05:00',
      `${MINUTE}-0`,
      `${MINUTE}-1`,
      `${MINUTE}-02`,
      `${MINUTE}-`,
      `${MINUTE}--2`,
      `${MINUTE}-100000`,
      `${MINUTE}-2-2`,
      `${MINUTE}-٢`,
      `${MINUTE}\n`,
      `\n${MINUTE}`,
      `${MINUTE}\0`,
      `${MINUTE}/..`,
      `../${MINUTE}`,
      MINUTE.toUpperCase(),
      'datastore-current',
      'datastore-latest',
      'datastore-٢٠٢٦-11-22_14:05',
    ],
  },
];

for (const { name, parse, good, bad } of KINDS) {
  for (const text of good) {
    test(`${JSON.stringify(text)} is a ${name}`, () => {
      assert.is(parse(text), text);
    });
  }
  for (const text of [...BAD_FOR_ALL, ...bad]) {
    test(`${JSON.stringify(text) ?? 'undefined'} is not a(n) ${name}`, () => {
      const error = refused(() => parse(text), 'bad-id', new RegExp(`is not an? ${name}$`));
      assert.ok(error.hint?.startsWith('expected '));
      assert.not.match(error.message, /[\n\0]/);
    });
  }
}

test('an error shows at most 80 characters of what it refuses', () => {
  const error = refused(() => parseUid('x'.repeat(100_000)), 'bad-id');
  assert.ok(error.message.length < 150);
});

const REFUSALS: [parse: (text: unknown) => unknown, text: unknown, message: string][] = [
  [parseUid, 'x', '"x" is not an entry uid'],
  [parseRunId, 'x', '"x" is not a run id'],
  [parseSerial, undefined, 'undefined is not a serial number'],
  [parseSerial, { a: 1 }, '{"a":1} is not a serial number'],
  [parseSnapshotName, `x${MINUTE}`, `"x${MINUTE}" is not a snapshot name`],
];

for (const [parse, text, message] of REFUSALS) {
  test(`is refused in words: ${message}`, () => {
    assert.is(refused(() => parse(text), 'bad-id').message, message);
  });
}

test('a snapshot is named by the minute in UTC, whatever the time zone', () => {
  assert.is(snapshotMinute(new Date('2026-11-22T14:05:59.999Z')), MINUTE);
  assert.is(snapshotMinute(new Date('2026-12-31T23:30:00-05:00')), 'datastore-2027-01-01_04:30');
});

test('run ids are fresh and pass their own parser', () => {
  const ids = new Set(Array.from({ length: 100 }, () => parseRunId(newRunId())));
  assert.is(ids.size, 100);
});

test('tryParse passes over what is no id, and nothing else', () => {
  assert.is(tryParse(parseUid, UID), UID);
  assert.is(tryParse(parseUid, 'lost+found'), undefined);
  const bug = () => {
    throw new DsError('internal', 'a bug');
  };
  refused(() => tryParse(bug, UID), 'internal');
});

test('a snapshot name begins with its first letter', () => {
  refused(() => parseSnapshotName('xdatastore-2026-03-10_14:05'), 'bad-id');
});

test.run();
