// weight: 3
/**
 * What a program gets that opens a content which does not come whole: an error, never less than there is.
 * (sshfs turns a read that fails into the end of the file, and the kernel keeps that size.)
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DayTree } from '../../../agent/volume/day-tree.ts';
import {
  canMount,
  makeMountPoint,
  mount,
  removeMountPoint,
  unmount,
} from '../../../agent/volume/mount.ts';
import { SftpServer } from '../../../agent/volume/sftp-server.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { testIf } from '../../runner/skip.ts';
import { uidOf } from '../journal/journal.ts';

const all = suite('a content that does not come whole');
const test = testIf(canMount(process.env), all, 'needs sshfs and /dev/fuse');

const SIZE = 700_001;

/** Reads it to the end, as a program does that copies it. */
async function read(file: string): Promise<{ bytes: number; complaint: string }> {
  const cat = spawn('cat', [file], { env: { PATH: process.env.PATH, LC_ALL: 'C' } });
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

test('who opens it gets an error, again and again, and all of it when the school is back', async () => {
  const home = mkdtempSync(join(tmpdir(), 'ds-mount-'));
  const note = join(home, '.note');
  const tree = new DayTree();
  tree.add({
    ...{ uid: uidOf(0), title: 'a', mimeType: 'text/plain', mtime: 1000, preview: undefined },
    ...{ metadata: Buffer.from('{}'), content: { digest: digestOf('a'), size: SIZE } },
  });
  let isThere = false;
  const openContent = async () => {
    if (!isThere) throw new Error('it does not come');
    return {
      read: (offset: number, length: number) => {
        return Buffer.alloc(Math.max(0, Math.min(length, SIZE - offset)), 'x');
      },
      close: () => {},
    };
  };
  try {
    const folder = makeMountPoint(home, 'School', note);
    const mounted = await mount(folder, process.env, ({ input, output }) => {
      new SftpServer({ input, output, tree, openContent, onRequest: () => {} });
    });
    const file = join(folder, 'a.txt');
    for (let n = 0; n < 3; n += 1) {
      const { bytes, complaint } = await read(file);
      assert.match(complaint, /Input\/output error/, `${bytes} bytes instead`);
    }
    isThere = true;
    assert.equal(await read(file), { bytes: SIZE, complaint: '' });
    await unmount(mounted, process.env);
    removeMountPoint(note);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

all.run();
