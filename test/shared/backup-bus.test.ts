import { createRequire } from 'node:module';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { packRow, toBusError, toLong, unwrap } from '../../shared/backup-bus.ts';
import { DsError } from '../../shared/errors.ts';

const marshall = createRequire(import.meta.url)('dbus-next/lib/marshall.js') as (
  signature: string,
  data: unknown[],
) => Buffer;

const test = suite('whatever entries are like, they go onto the bus');

const ROWS: [what: string, row: object, shown: object][] = [
  ['a title of zero bytes', { title: '\0\0' }, { title: '' }],
  ['half a character', { title: 'a\ud800' }, { title: 'a\ufffd' }],
  ['a date of 9e99', { timestamp: 9e99 }, { timestamp: Number(2n ** 63n - 1n) }],
  ['a date before all', { timestamp: -9e99 }, { timestamp: -Number(2n ** 63n) }],
  [
    'a date that is none',
    { timestamp: Number.NaN, created: Number.NaN },
    { timestamp: 0, created: 0 },
  ],
  ['infinite', { timestamp: Number.POSITIVE_INFINITY }, { timestamp: Number(2n ** 63n - 1n) }],
  ['a negative size', { bytes: -1 }, { bytes: 0 }],
  ['a version of no date', { versions: [['a', Number.NaN, 'd']] }, { versions: [['a', 0, 'd']] }],
];

for (const [what, row, shown] of ROWS) {
  test(what, () => {
    const packed = packRow('details', row);
    assert.equal(unwrap(packed), shown);
    marshall('a{sv}', [packed]);
  });
}

test('errors and lengths', () => {
  const { text } = toBusError(new DsError('damaged', 'the entry "\0"')) as { text?: string };
  assert.is(text, 'the entry ""');
  assert.equal([toLong(9e99), toLong(-1), toLong(Number.NaN)], [2n ** 63n - 1n, 0n, 0n]);
});

test.run();
