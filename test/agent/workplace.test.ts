/**
 * Disks that are full or read-only: real ones, small mounts, which need root.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../agent/context.ts';
import { explainFull } from '../../agent/laptop-full.ts';
import { agentPaths } from '../../agent/paths.ts';
import { freeBytes } from '../../agent/profile.ts';
import { DayBook } from '../../agent/service/day-book.ts';
import { openState } from '../../agent/state.ts';
import { openStaging, openWorkplace, prepareProfile } from '../../agent/workplace.ts';
import { realClock } from '../../shared/clock.ts';
import { parseRunId } from '../../shared/ids.ts';
import { createLog } from '../../shared/log.ts';
import { temporaryFolder } from '../shared/folder.ts';

const test = suite('a disk that is full or read-only');
const folder = temporaryFolder(test);
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log('skip: small disks are mounted, which needs root');
const rooted = isRoot ? test : test.skip;

class SmallDisk implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'ds-disk-'));
  readonly context: Context;

  constructor() {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', this.path]);
    const paths = agentPaths(this.path);
    const signal = new AbortController().signal;
    this.context = { paths, env: {}, clock: realClock, signal, warn: () => {} } as never;
  }

  fill(): void {
    try {
      writeFileSync(join(this.path, 'ballast'), Buffer.alloc(64 << 20));
    } catch {
      // full, as intended
    }
    assert.is(freeBytes(this.path), 0);
  }

  empty(): void {
    rmSync(join(this.path, 'ballast'));
  }

  /** As the kernel does after an error of the disk. */
  freeze(): void {
    execFileSync('mount', ['-o', 'remount,ro', this.path]);
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['--lazy', this.path]);
    rmSync(this.path, { recursive: true });
  }
}

/** The work of a run that has nothing to do. */
function run(context: Context, work: () => void = () => {}): void {
  using _room = prepareProfile(context, 'borrow');
  work();
}

const codeOf = (work: () => void): string => {
  try {
    work();
    return 'none';
  } catch (error) {
    return explainFull(error).code;
  }
};

rooted('with no byte free there is room for a run, time and again', () => {
  using disk = new SmallDisk();
  const { context } = disk;
  run(context);
  disk.fill();
  for (const time of [1, 2, 3]) {
    run(context, () => {
      assert.ok(freeBytes(disk.path) > 2 << 20, `run ${time}`);
      run(context, () => assert.ok(freeBytes(disk.path) > 2 << 20, 'a run within a run'));
      assert.ok(freeBytes(disk.path) > 2 << 20, 'and after it');
    });
    assert.is(freeBytes(disk.path), 0, 'given back');
  }
});

rooted('what brings content borrows no room', () => {
  using disk = new SmallDisk();
  run(disk.context);
  disk.fill();
  assert.is(
    codeOf(() => prepareProfile(disk.context, 'own-room')),
    'laptop-full',
  );
  run(disk.context);
});

rooted('a laptop that never had room for a reserve says that it is full', () => {
  using disk = new SmallDisk();
  disk.fill();
  assert.is(
    codeOf(() => run(disk.context)),
    'laptop-full',
  );
  disk.empty();
  run(disk.context);
  assert.ok(statSync(disk.context.paths.reserve).size > 2 << 20);
});

rooted('what the child saves meanwhile is hers: only the rest is taken back', () => {
  using disk = new SmallDisk();
  run(disk.context);
  disk.fill();
  run(disk.context, () => writeFileSync(join(disk.path, 'hers'), Buffer.alloc(3 << 20)));
  const { reserve } = disk.context.paths;
  assert.ok(!existsSync(reserve) || statSync(reserve).size <= 1 << 20);
  rmSync(join(disk.path, 'hers'));
  disk.empty();
  run(disk.context);
  assert.ok(statSync(reserve).size > 2 << 20);
});

rooted('on a read-only disk a backup has its state and its folders in memory', async () => {
  using disk = new SmallDisk();
  const { paths } = disk.context;
  const runId = parseRunId('0123456789abcdef0123456789abcdef');
  mkdirSync(paths.own);
  for (const path of [paths.key, paths.enrolment, paths.knownHosts]) writeFileSync(path, '');
  {
    await using state = await openState(paths.state);
    await state.rememberRun(runId);
  }
  disk.freeze();
  assert.is(
    codeOf(() => run(disk.context)),
    'laptop-read-only',
  );
  let away = '';
  {
    using workplace = openWorkplace(disk.context);
    const mine = workplace.context.paths;
    away = mine.probe;
    mkdirSync(mine.staging);
    await using state = await openState(mine.state);
    assert.is(state.underWay, runId, 'what was known is known');
    await state.rememberRun(undefined);
  }
  assert.not.ok(existsSync(away), 'nothing is left');
});

rooted('a laptop that is not introduced cannot begin on a read-only disk, and says why', () => {
  using disk = new SmallDisk();
  disk.freeze();
  assert.is(
    codeOf(() => openWorkplace(disk.context)),
    'laptop-read-only',
  );
});

test('whoever looks around meanwhile leaves the files of a running backup alone', () => {
  const profile = join(folder, 'looked-at');
  mkdirSync(profile);
  const paths = agentPaths(profile);
  const context = { paths, env: {}, clock: realClock, warn: () => {} } as never;
  mkdirSync(join(paths.staging, '0'), { recursive: true });
  using workplace = openWorkplace(context);
  assert.ok(existsSync(join(paths.staging, '0')));
  assert.equal(readdirSync(paths.own).sort(), ['staging']);
  assert.not.ok(workplace.context.paths.isReadOnly);
});

test('a folder that cannot be staged in is replaced by one in memory, and that is removed', () => {
  const profile = join(folder, 'staged');
  mkdirSync(profile);
  const paths = agentPaths(profile);
  const warnings: string[] = [];
  const warn = (text: string) => void warnings.push(text);
  const context = { paths, env: { XDG_RUNTIME_DIR: profile }, warn } as never;
  mkdirSync(join(paths.staging, 'batch-1'), { recursive: true });
  {
    using staging = openStaging(context);
    assert.is(staging.context.paths.staging, paths.staging);
    assert.equal(readdirSync(paths.staging), [], 'what a killed run left is gone');
  }
  assert.not.ok(existsSync(paths.staging));
  rmSync(paths.own, { recursive: true });
  writeFileSync(paths.own, 'what a damaged disk made of it');
  let other = '';
  {
    using staging = openStaging(context);
    other = staging.context.paths.staging;
    mkdirSync(other);
  }
  assert.not.ok(existsSync(other));
  assert.is(warnings.length, 1);
  assert.not.equal(other, paths.staging);
});

rooted('the agent remembers a backup that it cannot note, and makes no other', () => {
  using disk = new SmallDisk();
  mkdirSync(disk.context.paths.journal);
  disk.freeze();
  const lines: string[] = [];
  const book = new DayBook(
    disk.context.paths,
    realClock,
    createLog((line) => lines.push(line)),
  );
  assert.ok(book.judge().due);
  book.noteBackup('');
  assert.not.ok(book.judge().due);
  assert.match(lines.join(''), /memory-not-written/);
});

test.run();
