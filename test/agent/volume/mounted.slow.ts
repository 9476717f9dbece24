// weight: 3
/**
 * A day through sshfs and the kernel, as programs see it. Who opens a content that does not come whole gets an
 * error, never less than there is: sshfs turns a read that fails into the end of the file, and the kernel keeps
 * that size. A list costs few requests.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DayTree } from '../../../agent/volume/day-tree.ts';
import {
  canMount,
  healMounts,
  makeMountPoint,
  mount,
  removeMountPoint,
  unmount,
} from '../../../agent/volume/mount.ts';
import { type OpenContent, SftpServer } from '../../../agent/volume/sftp-server.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { testIf } from '../../runner/skip.ts';
import { uidOf } from '../journal/journal.ts';

const all = suite('a mounted day');
const test = testIf(canMount(process.env), all, 'needs sshfs and /dev/fuse');

const SIZE = 700_001;

/** What a program says of it, counted: in a process of its own, since this one answers. */
async function read(
  program: string,
  ...args: readonly string[]
): Promise<{ bytes: number; complaint: string }> {
  const cat = spawn(program, args, { env: { PATH: process.env.PATH, LC_ALL: 'C' } });
  const got = { bytes: 0, complaint: '' };
  cat.stdout.on('data', (bytes: Buffer) => {
    got.bytes += bytes.length;
  });
  cat.stderr.setEncoding('utf8').on('data', (text: string) => {
    got.complaint += text;
  });
  await once(cat, 'close');
  return got;
}

let home: string;

all.before.each(() => {
  home = mkdtempSync(join(tmpdir(), 'ds-mount-'));
});

all.after.each(() => rmSync(home, { recursive: true, force: true }));

/** A day of so many things, mounted. */
async function show(count: number, openContent: () => Promise<OpenContent>, place = home) {
  const note = join(home, '.note');
  const tree = new DayTree();
  for (let n = 0; n < count; n += 1) {
    tree.add({
      ...{ uid: uidOf(n), title: `a ${n}`, mimeType: 'text/plain', mtime: n, preview: undefined },
      ...{ metadata: Buffer.from('{}'), content: { digest: digestOf('a'), size: SIZE } },
    });
  }
  const asked = { count: 0 };
  const onRequest = () => {
    asked.count += 1;
  };
  const folder = makeMountPoint(place, 'School', note);
  const mounted = await mount(folder, process.env, ({ input, output }) => {
    new SftpServer({ input, output, tree, openContent, onRequest });
  });
  const close = async () => {
    await unmount(mounted, process.env);
    removeMountPoint(note);
  };
  return { folder, asked, [Symbol.asyncDispose]: close };
}

test('who opens it gets an error, again and again, and all of it when the school is back', async () => {
  let isThere = false;
  await using day = await show(1, async () => {
    if (!isThere) throw new Error('it does not come');
    return {
      read: (offset, length) => Buffer.alloc(Math.max(0, Math.min(length, SIZE - offset)), 'x'),
      close: () => {},
    };
  });
  const file = join(day.folder, 'a 0.txt');
  for (let n = 0; n < 3; n += 1) {
    const { bytes, complaint } = await read('cat', file);
    assert.match(complaint, /Input\/output error/, `${bytes} bytes instead`);
  }
  isThere = true;
  assert.equal(await read('cat', file), { bytes: SIZE, complaint: '' });
});

test('two thousand names and dates cost a few requests, and the second look none', async () => {
  await using day = await show(2000, () => Promise.reject(new Error('nobody opens one')));
  const { asked } = day;
  const first = await read('ls', '-l', day.folder);
  assert.is(first.complaint, '');
  assert.ok(asked.count < 40, `${asked.count} requests`);
  const before = asked.count;
  assert.equal(await read('ls', '-l', day.folder), first);
  assert.ok(asked.count - before < 10, `${asked.count - before} more`);
});

test('a home behind a link has it, and nothing of it afterwards', async () => {
  const link = `${home}-link`;
  symlinkSync(home, link);
  try {
    {
      await using day = await show(1, () => Promise.reject(new Error('nobody opens one')), link);
      assert.equal((await readdir(join(link, 'School'))).sort(), ['.Sugar-Metadata', 'a 0.txt']);
      assert.equal(await healMounts(link, process.env), [day.folder], 'it would be found');
    }
    assert.not.ok(existsSync(join(home, 'School')));
  } finally {
    rmSync(link);
  }
});

all.run();
