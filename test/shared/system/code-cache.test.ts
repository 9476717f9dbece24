import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { testIf } from '../../runner/skip.ts';
import { runsAsRoot } from '../../school/server.ts';
import { smallDisk } from '../../xs/small-disk.ts';
import { temporaryFolder } from '../folder.ts';

const test = suite('code cache');
const folder = temporaryFolder(test);
const source = readFileSync(
  new URL('../../../shared/system/code-cache.ts', import.meta.url),
  'utf8',
);
let count = 0;

function freshNumber(): number {
  count += 1;
  return count;
}

/** A program in a place of its own, and its cache. */
class Program {
  readonly home: string;
  readonly file: string;
  readonly caches: string;

  constructor(answer = 'one', place = folder) {
    this.home = join(place, `home ${freshNumber()}`);
    this.file = join(this.home, 'program.cjs');
    this.caches = join(this.home, '.cache', 'ds-backup');
    mkdirSync(this.home);
    this.write(answer);
  }

  write(answer: string): void {
    writeFileSync(
      `${this.file}.new`,
      `'use strict';process.stdout.write(${JSON.stringify(answer)});`,
    );
    renameSync(`${this.file}.new`, this.file);
  }

  /** What it prints; `flags` are Node's. */
  run(...flags: string[]): string {
    const module = join(folder, 'code-cache.mjs'); // as Node reads it: quicker than tsx in each process
    if (!existsSync(module)) writeFileSync(module, transformSync(source, { loader: 'ts' }).code);
    const about = { file: this.file, cacheRoot: join(this.home, '.cache'), part: 'now', flags };
    const start = `import { runCached } from '${module}'; runCached(${JSON.stringify(about)});`;
    const words = [...flags, '--input-type=module', '-e', start];
    const done = spawnSync(process.execPath, words, { encoding: 'utf8' });
    assert.is(done.stderr, '');
    return done.stdout;
  }

  names(): string[] {
    return existsSync(this.caches) ? readdirSync(this.caches).sort() : [];
  }

  /** The only one. */
  cache(): string {
    const names = this.names();
    assert.is(names.length, 1);
    return join(this.caches, names[0] ?? '');
  }
}

test('is made by the first runs and used by those after them', () => {
  const program = new Program();
  const inodes = [1, 2, 3, 4, 5].map(() => {
    assert.is(program.run(), 'one');
    return statSync(program.cache()).ino;
  });
  assert.is(inodes[2], inodes[4], 'not written any more');
  assert.is(statSync(program.cache()).mode & 0o777, 0o600);
});

test('a byte that was flipped anywhere is noticed, and the cache made anew', () => {
  const program = new Program();
  program.run();
  const whole = readFileSync(program.cache());
  for (const at of [0, 32, Math.floor(whole.length / 2), whole.length - 1]) {
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 0x10, at);
    writeFileSync(program.cache(), damaged);
    assert.is(program.run(), 'one');
    assert.not.equal(readFileSync(program.cache()), damaged, `byte ${at}`);
  }
  for (const length of [0, 33]) {
    writeFileSync(program.cache(), whole.subarray(0, length));
    assert.is(program.run(), 'one');
    assert.ok(statSync(program.cache()).size > 100, `${length} bytes`);
  }
});

test('a program that was replaced runs, also by one of the same length', () => {
  const program = new Program('one');
  program.run();
  const before = program.cache();
  program.write('two');
  assert.is(program.run(), 'two');
  assert.not.equal(program.cache(), before, 'the old one goes');
  renameSync(program.cache(), before);
  assert.is(program.run(), 'two', 'and is not believed under another name');
});

test('other flags of Node have a cache of their own', () => {
  const program = new Program();
  program.run();
  assert.is(program.run('--no-opt'), 'one');
  assert.is(program.names().length, 2);
});

test('nothing that others may write to is believed or used', () => {
  const program = new Program();
  program.run();
  const { ino } = statSync(program.cache());
  chmodSync(program.cache(), 0o622);
  assert.is(program.run(), 'one');
  assert.not.equal(statSync(program.cache()).ino, ino, 'made anew');
  rmSync(program.cache());
  chmodSync(program.caches, 0o777);
  assert.is(program.run(), 'one');
  assert.equal(program.names(), [], 'nothing is put there');
});

test('runs where no cache can be', () => {
  const program = new Program();
  writeFileSync(join(program.home, '.cache'), 'a file in the place of the folder');
  assert.is(program.run(), 'one');
  rmSync(join(program.home, '.cache'));
  mkdirSync(program.caches, { recursive: true });
  writeFileSync(join(program.caches, 'left.code.1234'), 'of a run that was killed');
  assert.is(program.run(), 'one');
  assert.is(program.names().length, 1, 'and what was left is gone');
});

testIf(
  runsAsRoot,
  test,
  'a small disk is mounted by root',
)('takes nothing of the last room on a disk', () => {
  using disk = smallDisk('size=60m');
  const program = new Program('one', disk.path);
  assert.is(program.run(), 'one');
  assert.equal(program.names(), []);
});

test.run();
