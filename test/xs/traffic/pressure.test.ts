import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CALM,
  type Pressure,
  parsePressure,
  pressureGauge,
  slotsFor,
} from '../../../xs/traffic/pressure.ts';
import { waitFor } from '../../runner/patience.ts';

const test = suite('fewer at once on a loaded server');

const FULL = 'full avg10=1.00 avg60=0.35 avg300=1.29 total=326778038\n';
const TEXTS: [what: string, text: string, percent: number | null][] = [
  ['a calm kernel', `some avg10=0.00 avg60=0.69 avg300=2.37 total=459502119\n${FULL}`, 0],
  ['a busy one', `some avg10=87.31 avg60=60.00 avg300=2.37 total=459502119\n${FULL}`, 87.31],
  ['a kernel without "full" for the processor', 'some avg10=3.5 avg60=0 avg300=0 total=1\n', 3.5],
  ['only "full"', FULL, null],
  ['an empty file', '', null],
  ['a whole number', 'some avg10=7 avg60=0\n', 7],
  ['a word that ends so', 'awesome avg10=1.00 avg60=0\n', null],
  ['junk', 'some avg10=-1 avg60=x\n', null],
  ['more than all', 'some avg10=999.00 avg60=0.00 avg300=0.00 total=1\n', 100],
];
for (const [what, text, percent] of TEXTS) {
  test(`/proc/pressure: ${what}`, () => assert.is(parsePressure(text), percent));
}

const rules = { slots: 8, minFreePercent: 3 };
const SLOTS: [what: string, pressure: Partial<Pressure>, freePercent: number, slots: number][] = [
  ['calm', {}, 50, 8],
  ['the waiting that backups cause themselves', { io: 40, cpu: 60 }, 50, 8],
  ['half way', { io: 67.5 }, 50, 4],
  ['a disk that is never done', { io: 100 }, 50, 1],
  ['a processor that is never done', { io: 0, cpu: 100 }, 50, 1],
  ['the worse of the two', { io: 45, cpu: 80 }, 50, 4],
  ['no PSI, load below 2', { loadPerCore: 1.9 }, 50, 8],
  ['no PSI, load 3.5', { loadPerCore: 3.5 }, 50, 4],
  ['no PSI, load 50', { loadPerCore: 50 }, 50, 1],
  ['PSI goes before the load', { io: 0, cpu: 0, loadPerCore: 50 }, 50, 8],
  ['one of the two is enough', { cpu: 0, loadPerCore: 50 }, 50, 8],
  ['the other as well', { io: 0, loadPerCore: 50 }, 50, 8],
  ['9 % free', {}, 9, 8],
  ['6 % free', {}, 6, 4],
  ['3 % free', {}, 3, 1],
];
for (const [what, pressure, freePercent, slots] of SLOTS) {
  test(`${slots} of 8 slots: ${what}`, () => {
    assert.is(slotsFor(rules, { ...CALM, ...pressure }, freePercent), slots);
  });
}

test('always between one and all of the slots, and never more under more pressure', () => {
  for (const slots of [1, 2, 8, 1000]) {
    let last = slots;
    for (let io = 0; io <= 100; io += 1) {
      const now = slotsFor({ slots, minFreePercent: 3 }, { ...CALM, io }, 50);
      assert.ok(now >= 1 && now <= last, `${now} of ${slots} at ${io} %`);
      last = now;
    }
    assert.is(last, 1);
  }
});

test('where no share must stay free, a full disk takes no slots', () => {
  assert.is(slotsFor({ slots: 8, minFreePercent: 0 }, CALM, 0), 8);
});

test('is measured at most once a second, and without PSI the load is all there is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ds-pressure-'));
  let ms = 0;
  const clock = { now: () => new Date(0), monotonicMs: () => ms, sleep: async () => {} };
  const gauge = pressureGauge(clock, folder);
  try {
    const before = await gauge();
    assert.equal([before.io, before.cpu], [null, null]);
    assert.ok(before.loadPerCore >= 0);
    writeFileSync(join(folder, 'io'), `some avg10=12.50 avg60=0 avg300=0 total=1\n${FULL}`);
    assert.is((await gauge()).io, null);
    ms += 1000;
    await waitFor('the new figure', async () => (await gauge()).io === 12.5);
    assert.is((await gauge()).cpu, null);
    writeFileSync(join(folder, 'cpu'), 'some avg10=1.5 avg60=0 avg300=0 total=1\n');
    ms += 1000;
    await waitFor('the new figure', async () => (await gauge()).cpu === 1.5);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
