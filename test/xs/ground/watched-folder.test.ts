/** A folder is looked through whatever its disk and the system do. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silentLog } from '../../../shared/log.ts';
import { Faults } from '../../../xs/ground/faults.ts';
import { WatchedFolder } from '../../../xs/ground/watched-folder.ts';
import { waitFor } from '../../runner/patience.ts';
import { scarceWatch } from './scarce-watch.ts';

const test = suite('a folder that is watched');

/** Longer than any test: whoever waits for it waits for ever. */
const NEVER_MS = 1_000_000;

async function scene(
  options: { everyMs: number; oftenMs: number; watch?: typeof watch },
  play: (at: { folder: string; looks: () => number; names: string[]; faults: Faults }) => unknown,
): Promise<void> {
  const around = mkdtempSync(join(tmpdir(), 'ds-watched-'));
  const folder = join(around, 'folder');
  mkdirSync(folder);
  const names: string[] = [];
  const faults = new Faults(silentLog);
  let looks = 0;
  try {
    using _watched = new WatchedFolder({
      ...{ folder, faults, ...options },
      onName: (name) => names.push(name),
      onLook: () => {
        looks += 1;
      },
    });
    await play({ folder, looks: () => looks, names, faults });
  } finally {
    rmSync(around, { recursive: true, force: true });
  }
}

const parts = (faults: Faults) => faults.list().map(({ part }) => part);

test('what arrives is told at once', () =>
  scene({ everyMs: NEVER_MS, oftenMs: NEVER_MS }, async ({ folder, looks, names, faults }) => {
    writeFileSync(join(folder, 'one'), '');
    await waitFor('the name', () => names.includes('one'));
    assert.is(looks(), 1);
    assert.equal(parts(faults), []);
  }));

test('while inotify is used up it is looked through often; and it is watched again when that is over', async () => {
  const scarce = scarceWatch();
  await scene(
    { everyMs: NEVER_MS, oftenMs: 5, watch: scarce.watch },
    async ({ folder, looks, names, faults }) => {
      await waitFor('several looks', () => looks() > 3);
      assert.match(faults.list()[0]?.reason ?? '', /ENOSPC/);
      scarce.give();
      await waitFor('it to be watched', () => faults.list().length === 0);
      writeFileSync(join(folder, 'one'), '');
      await waitFor('the name', () => names.includes('one'));
      const before = looks();
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.ok(looks() <= before + 1, 'it is not looked through often any more');
    },
  );
});

test('a watcher that is lost makes it be looked through often from that moment', async () => {
  let lose = () => {};
  let count = 0;
  const frail = ((...args: Parameters<typeof watch>) => {
    count += 1;
    if (count === 2) throw Object.assign(new Error('EMFILE'), { code: 'EMFILE', errno: -24 });
    const watcher = watch(...args);
    lose = () => void watcher.emit('error', new Error('EBADF'));
    return watcher;
  }) as typeof watch;
  await scene({ everyMs: NEVER_MS, oftenMs: 5, watch: frail }, async ({ looks, faults }) => {
    assert.is(looks(), 1);
    lose();
    assert.equal(parts(faults), ['watching']);
    await waitFor('looks', () => looks() > 2);
    await waitFor('it to be watched', () => faults.list().length === 0);
  });
});

test('a folder that is made anew is watched in place of the old one', () =>
  scene({ everyMs: 5, oftenMs: 5 }, async ({ folder, names, faults }) => {
    renameSync(folder, `${folder}-old`);
    await waitFor('the fault', () => faults.list().length === 1);
    mkdirSync(folder);
    await waitFor('it to be watched', () => faults.list().length === 0);
    writeFileSync(join(folder, 'one'), '');
    await waitFor('the name', () => names.includes('one'));
  }));

test.run();
