import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bytesOnDisk, copySparsely } from '../../../shared/system/sparse.ts';
import { temporaryFolder } from '../folder.ts';

const test = suite('sparse files');
const folder = temporaryFolder(test);

test('a copy is the same and takes no more room', () => {
  const [from, to] = ['from', 'to'].map((name) => join(folder, name)) as [string, string];
  writeFileSync(from, 'begin');
  truncateSync(from, 8 << 20);
  appendFileSync(from, 'end');
  copySparsely(from, to);
  assert.ok(readFileSync(from).equals(readFileSync(to)));
  const [source, copy] = [statSync(from), statSync(to)];
  assert.ok(bytesOnDisk(source) <= 128 << 10, `${source.blocks} blocks`);
  assert.ok(bytesOnDisk(copy) <= 128 << 10, `${copy.blocks} blocks`);
});

test('a copy that ends in a hole is as long as its source', () => {
  const [from, to] = ['from', 'to'].map((name) => join(folder, name)) as [string, string];
  writeFileSync(from, 'begin');
  truncateSync(from, (1 << 20) + 1);
  writeFileSync(to, 'x'.repeat(2 << 20));
  copySparsely(from, to);
  assert.ok(readFileSync(from).equals(readFileSync(to)));
});

test('a small file counts by its length: some file systems give it no block', () => {
  assert.is(bytesOnDisk({ size: 100, blocks: 0 }), 100);
  assert.is(bytesOnDisk({ size: 1 << 20, blocks: 4096 }), 1 << 20);
  assert.is(bytesOnDisk({ size: 1 << 30, blocks: 16 }), 8192);
});

test.run();
