import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bytesOnDisk } from '../../../shared/system/sparse.ts';
import { copyInPieces, digestInPieces } from '../../../xs/storage/in-pieces.ts';
import { temporaryFolder } from '../../shared/folder.ts';
import { refusedLater } from '../../shared/refused.ts';

const test = suite('reading and copying in pieces');
const folder = temporaryFolder(test);
const free = async () => {};

test('a copy is the same, named by its digest, and keeps the holes', async () => {
  const [from, to] = [join(folder, 'from'), join(folder, 'to')];
  writeFileSync(from, randomBytes(300_000));
  truncateSync(from, 8 << 20);
  appendFileSync(from, 'end');
  truncateSync(from, (16 << 20) + 1); // it ends in a hole
  const spent: number[] = [];
  const content = await copyInPieces(from, to, async (bytes) => void spent.push(bytes));
  const bytes = readFileSync(from);
  assert.ok(bytes.equals(readFileSync(to)));
  assert.equal(content, {
    digest: createHash('sha256').update(bytes).digest('hex'),
    size: bytes.length,
  });
  assert.is(
    spent.reduce((sum, one) => sum + one, 0),
    bytes.length,
  );
  assert.equal(await digestInPieces(to, free), content);
  assert.ok(bytesOnDisk(statSync(to)) <= 2 << 20, `${statSync(to).blocks} blocks`);
});

test('a link or a folder is not read', async () => {
  const link = join(folder, 'link');
  symlinkSync('/etc/hostname', link);
  for (const path of [link, folder]) {
    const error = await digestInPieces(path, free).catch((reason: unknown) => reason);
    assert.ok(error instanceof Error, path);
  }
  await refusedLater(digestInPieces(folder, free), 'unreadable', /not a regular file/);
});

test.run();
