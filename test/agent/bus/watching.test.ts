import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { timeLeft } from '../../../agent/rules/time-left.ts';
import { judgeNetwork } from '../../../agent/watch/network.ts';
import { judgePower, readSupplies, watchPower } from '../../../agent/watch/power.ts';
import { createLog } from '../../../shared/log.ts';
import { temporaryFolder } from '../../shared/folder.ts';

const test = suite('watching the laptop');
const root = temporaryFolder(test);

const UPOWER: [unknown, unknown, unknown][] = [
  [false, 3, 'mains'],
  [true, 55.5, { percent: 55.5 }],
  [true, 155, { percent: 100 }],
  [true, undefined, 'unknown'],
  [true, Number.NaN, 'unknown'],
  [undefined, 50, 'unknown'],
  ['yes', 50, 'unknown'],
];
for (const [onBattery, percentage, power] of UPOWER) {
  test(`UPower's ${onBattery} and ${percentage} are ${JSON.stringify(power)}`, () => {
    assert.equal(judgePower({ OnBattery: onBattery, Percentage: percentage }), power);
  });
}

test("NetworkManager's states: no internet is no obstacle, asleep and connecting are", () => {
  const states = [undefined, 0, 10, 20, 40, 50, 60, 70].map(judgeNetwork);
  assert.equal(states, ['unknown', 'unknown', 'down', 'down', 'down', 'up', 'up', 'up']);
});

const SUPPLIES: [string, Record<string, Record<string, string>>, unknown][] = [
  ['no supply at all', {}, 'unknown'],
  ['an XO on battery', { olpc_bat: { type: 'Battery', capacity: '41\n' } }, { percent: 41 }],
  [
    'an XO at the socket',
    { olpc_bat: { type: 'Battery', capacity: '41' }, olpc_ac: { type: 'Mains', online: '1' } },
    'mains',
  ],
  [
    'unplugged',
    { BAT0: { type: 'Battery', capacity: '9' }, AC: { type: 'Mains', online: '0' } },
    { percent: 9 },
  ],
  [
    'a desk computer with a mouse',
    { m: { type: 'Battery', capacity: '3', scope: 'Device' } },
    'unknown',
  ],
  ['a battery that says nonsense', { b: { type: 'Battery', capacity: 'full' } }, 'mains'],
];
for (const [name, supplies, power] of SUPPLIES) {
  test(`without UPower: ${name}`, () => {
    const folder = join(root, name);
    mkdirSync(folder);
    for (const [supply, files] of Object.entries(supplies)) {
      mkdirSync(join(folder, supply));
      for (const [file, text] of Object.entries(files)) {
        writeFileSync(join(folder, supply, file), text);
      }
    }
    assert.equal(readSupplies(folder), power);
  });
}

test('the time left is a range, and nothing in the first 20 seconds', () => {
  const progress = (bytesDone: number) => {
    return {
      phase: 'sending' as const,
      entriesDone: 0,
      entriesTotal: 9,
      bytesDone,
      bytesTotal: 100,
    };
  };
  assert.equal(timeLeft(progress(50), 19_000), [0, 0]);
  assert.equal(timeLeft(progress(50), 30_000), [24, 45]);
  assert.equal(timeLeft(progress(1), 30_000), [0, 0]);
  assert.equal(timeLeft(progress(100), 30_000), [0, 0]);
});

test('without UPower the battery is read again and again', async () => {
  const folder = join(root, 'again');
  const battery = join(folder, 'BAT0');
  mkdirSync(battery, { recursive: true });
  writeFileSync(join(battery, 'type'), 'Battery');
  const hold = (percent: number) => writeFileSync(join(battery, 'capacity'), String(percent));
  hold(12);
  const seen: unknown[] = [];
  let changed = () => {};
  const isChanged = new Promise<void>((resolve) => {
    changed = resolve;
  });
  const onPower = (power: unknown) => {
    seen.push(power);
    if (seen.length === 2) changed();
  };
  const keepsRunning = setInterval(() => {}, 1000);
  using _watch = await watchPower(
    undefined,
    createLog(() => {}),
    onPower,
    {
      ...{ supplies: folder, lookMs: 5 },
    },
  );
  hold(95);
  await isChanged;
  clearInterval(keepsRunning);
  assert.equal(seen.at(-1), { percent: 95 });
});

test.run();
