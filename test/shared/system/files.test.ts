import fs, {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  copyDurably,
  fsyncFile,
  fsyncFolder,
  namesIn,
  replaceSymlinkDurably,
  writeFileDurably,
  writeFileIfChanged,
} from '../../../shared/system/files.ts';
import { temporaryFolder } from '../folder.ts';

const test = suite('files');
const folder = temporaryFolder(test);
let count = 0;

/** A fresh folder for one test, and what lies in it. */
function scene() {
  count += 1;
  const path = join(folder, String(count));
  mkdirSync(path);
  return { file: join(path, 'file'), names: () => readdirSync(path).sort() };
}

test('a file is written and replaced, and nothing else is left', () => {
  const { file, names } = scene();
  writeFileDurably(file, 'old');
  const inode = statSync(file).ino;
  writeFileDurably(file, Buffer.from([0, 255]));
  assert.equal(readFileSync(file), Buffer.from([0, 255]));
  assert.is.not(statSync(file).ino, inode, 'the old inode is never written to');
  assert.equal(names(), ['file']);
});

test('a secret is never readable by others, not even for a moment', () => {
  const { file } = scene();
  writeFileDurably(file, 'secret', 0o600);
  assert.is(statSync(file).mode & 0o777, 0o600);
  writeFileDurably(`${file}2`, 'public');
  assert.is(statSync(`${file}2`).mode & 0o777 & ~0o644, 0);
});

test('a large file is written whole', () => {
  const { file } = scene();
  const bytes = Buffer.alloc(5_000_000, 'abc');
  writeFileDurably(file, bytes);
  assert.ok(readFileSync(file).equals(bytes));
});

test('a link is replaced by a file, and what it led to is not touched', () => {
  const { file } = scene();
  writeFileSync(`${file}.target`, 'target');
  symlinkSync(`${file}.target`, file);
  writeFileDurably(file, 'new');
  assert.ok(lstatSync(file).isFile());
  assert.is(readFileSync(`${file}.target`, 'utf8'), 'target');
});

test('a write that fails leaves the old content and no temporary file', () => {
  const { file, names } = scene();
  writeFileDurably(file, 'old');
  const unwritable = { length: 3 } as unknown as Buffer;
  assert.throws(() => writeFileDurably(file, unwritable));
  assert.is(readFileSync(file, 'utf8'), 'old');
  assert.equal(names(), ['file']);
});

test('a rename that fails leaves no temporary file', () => {
  const { file, names } = scene();
  mkdirSync(join(file, 'full'), { recursive: true });
  assert.throws(() => writeFileDurably(file, 'x'), /EISDIR|ENOTEMPTY|EEXIST/);
  assert.throws(() => replaceSymlinkDurably(file, 'x'), /EISDIR|ENOTEMPTY|EEXIST/);
  assert.equal(names(), ['file']);
});

test('a folder that is not there is an error, and the error is that of the write', () => {
  const { file } = scene();
  const inside = join(file, 'x');
  const temporary = (error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' && ['open', 'symlink'].includes(String(error.syscall));
  assert.throws(() => writeFileDurably(inside, 'x'), temporary);
  assert.throws(() => replaceSymlinkDurably(inside, 'x'), temporary);
  assert.throws(() => fsyncFolder(file), /ENOENT/);
  assert.throws(() => fsyncFile(file), /ENOENT/);
});

test('a file system that cannot make names durable is no error', () => {
  fsyncFolder('/proc'); // fsync(2) of it is EINVAL
});

/** How the next temporary name will end: a write that fails tells its own. */
function nextTemporary(): string {
  try {
    writeFileDurably(join(folder, 'nowhere/x'), 'x');
  } catch (error) {
    const [, pid, count] =
      /\.(\d+)\.(\d+)\.tmp$/.exec(String((error as { path: string }).path)) ?? [];
    return `${pid}.${Number(count) + 1}.tmp`;
  }
  throw new Error('a write into no folder did not fail');
}

test('what a power cut left under the same process id is replaced', () => {
  const { file, names } = scene();
  // After a boot the service may get the number it had before, and its counter begins anew.
  const leave = () => writeFileSync(join(dirname(file), `.file.${nextTemporary()}`), 'half');
  leave();
  writeFileDurably(file, 'new');
  assert.is(readFileSync(file, 'utf8'), 'new');
  leave();
  replaceSymlinkDurably(file, 'target');
  assert.is(readlinkSync(file), 'target');
  assert.equal(names(), ['file']);
});

test('a file is left alone where it has this content and this mode', () => {
  const { file, names } = scene();
  const written = (content: string | Buffer, mode?: number) => {
    const before = statSync(file, { throwIfNoEntry: false })?.ino;
    writeFileIfChanged(file, content, mode);
    return statSync(file).ino !== before;
  };
  assert.ok(written('key'), 'it was absent');
  assert.not(written('key'));
  assert.not(written(Buffer.from('key')));
  assert.ok(written('other'));
  assert.is(readFileSync(file, 'utf8'), 'other');
  assert.ok(written('other', 0o600), 'others could read it');
  assert.is(statSync(file).mode & 0o777, 0o600);
  chmodSync(file, 0o640);
  assert.ok(written('other', 0o600));
  assert.equal(names(), ['file']);
});

test('a file that cannot be read is written anew; what no file can replace is an error', () => {
  const { file } = scene();
  mkdirSync(file);
  writeFileIfChanged(`${file}2`, 'x');
  assert.throws(() => writeFileIfChanged(file, 'x'), /EISDIR: .*rename/);
  const { readFileSync: read } = fs;
  const failing = (code: string) => () => {
    throw Object.assign(new Error(code), { code });
  };
  const writeWhile = (code: string) => {
    fs.readFileSync = failing(code);
    syncBuiltinESMExports();
    try {
      writeFileIfChanged(`${file}2`, code);
    } finally {
      fs.readFileSync = read;
      syncBuiltinESMExports();
    }
  };
  for (const code of ['EACCES', 'EIO']) {
    writeWhile(code);
    assert.is(readFileSync(`${file}2`, 'utf8'), code);
  }
  assert.throws(() => writeWhile('EMFILE'), /EMFILE/);
  assert.is(readFileSync(`${file}2`, 'utf8'), 'EIO');
});

test('a copy has the content, replaces what was there, and leaves the source', () => {
  const { file, names } = scene();
  writeFileSync(`${file}.source`, 'content');
  writeFileSync(file, 'old');
  const inode = statSync(file).ino;
  copyDurably(`${file}.source`, file);
  assert.is(readFileSync(file, 'utf8'), 'content');
  assert.is.not(statSync(file).ino, inode, 'the old inode is never written to');
  assert.throws(() => copyDurably(`${file}.nowhere`, file), /ENOENT/);
  assert.is(readFileSync(file, 'utf8'), 'content');
  assert.equal(names(), ['file', 'file.source']);
});

test('a link is made and turned', () => {
  const { file, names } = scene();
  replaceSymlinkDurably(file, 'datastore-1');
  replaceSymlinkDurably(file, 'datastore-2');
  assert.is(readlinkSync(file), 'datastore-2');
  assert.equal(names(), ['file']);
});

test('the names in a folder; none where there is no folder, and an error where it cannot be read', () => {
  const { file, names } = scene();
  writeFileSync(file, '');
  assert.equal(namesIn(dirname(file)), names());
  assert.equal(namesIn(`${file}2`), []);
  assert.equal(namesIn(file), []);
  assert.throws(() => namesIn('x'.repeat(300)), /ENAMETOOLONG/);
});

test('no file stays open, whether it was written or not', () => {
  const { file } = scene();
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  for (let n = 0; n < 20; n += 1) {
    writeFileDurably(file, 'x');
    assert.throws(() => writeFileDurably(file, { length: 3 } as unknown as Buffer));
    fsyncFolder('/proc');
    fsyncFile(file);
  }
  assert.ok(open() < before + 20, `${before} → ${open()}`);
});

test('a disk that fails to make it durable is an error', () => {
  const { file } = scene();
  const { fsyncSync } = fs;
  fs.fsyncSync = () => {
    throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' });
  };
  syncBuiltinESMExports();
  try {
    assert.throws(() => writeFileDurably(file, 'x'), /EIO/);
    assert.throws(() => copyDurably('/proc/self/stat', file), /EIO/);
    assert.throws(() => fsyncFile('/proc/self/stat'), /EIO/);
    assert.throws(() => fsyncFolder(dirname(file)), /EIO/);
  } finally {
    fs.fsyncSync = fsyncSync;
    syncBuiltinESMExports();
  }
  assert.equal(namesIn(dirname(file)), [], 'what is not durable has no name');
});

test.run();
