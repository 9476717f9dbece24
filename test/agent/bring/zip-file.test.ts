import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ZipReader } from '../../../agent/bring/zip-file.ts';
import { DsError } from '../../../shared/errors.ts';
import { checkHead, parseTakenEntries } from '../../../shared/journal/takeaway.ts';
import { seeded } from '../../shared/random.ts';

const test = suite('reading an archive that may come from anybody');

const folder = mkdtempSync(join(tmpdir(), 'ds-zip-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** Made by Python, with ZIP64 fields for the second file. */
function archive(): string {
  const file = join(folder, 'good.zip');
  const program = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as archive:
    archive.writestr('a.txt', 'the first')
    with archive.open('ñandú.txt', 'w', force_zip64=True) as stream: stream.write(b'x' * 300000)
    archive.writestr('empty', '')
    archive.writestr('packed', 'y' * 1000, compress_type=zipfile.ZIP_DEFLATED)
    archive.comment = b'a comment PK\\x05\\x06 in it'
`;
  execFileSync('python3', ['-c', program, file]);
  return file;
}

test('reads what is stored, by name; there is no file of another name', async () => {
  await using reader = await ZipReader.open(archive());
  assert.is(String(await reader.read('a.txt', 100)), 'the first');
  assert.is(String(await reader.read('ñandú.txt', 300_000)), 'x'.repeat(300_000));
  assert.is(String(await reader.read('empty', 0)), '');
  for (const [name, limit] of [
    ['a.txt', 3],
    ['b', 9],
    ['packed', 9999],
  ] as const) {
    const error = await reader.read(name, limit).catch((cause: unknown) => cause);
    assert.ok(error instanceof DsError && error.code === 'bad-input', name);
  }
});

test('cut off or changed anywhere, it is refused or gives what it has; nothing else is thrown', async () => {
  const whole = readFileSync(archive());
  const random = seeded(7);
  const file = join(folder, 'bad.zip');
  for (let n = 0; n < 300; n += 1) {
    const bytes = Buffer.from(whole);
    const end = n % 2 === 0 ? random.below(bytes.length) : bytes.length;
    // Mostly in the list and the end, which are the last bytes.
    const at = bytes.length - 1 - random.below(n % 3 === 0 ? bytes.length : 300);
    bytes[at] = random.below(256);
    writeFileSync(file, bytes.subarray(0, end));
    try {
      await using reader = await ZipReader.open(file);
      for (const name of ['a.txt', 'ñandú.txt', 'empty']) await reader.read(name, 1_000_000);
    } catch (error) {
      assert.ok(error instanceof DsError && error.code === 'bad-input', `${n}: ${error}`);
    }
  }
});

test('the lists of a takeaway are checked line by line', () => {
  const good = `{"uid":"00000000-0000-4000-8000-000000000001","digest":"${'a'.repeat(64)}","place":"journal","file":null}`;
  assert.is(parseTakenEntries(`${good}\n`).length, 1);
  for (const bad of ['{}', 'null', '[', good.replace('journal', 'x'), good.replace('aa', '../')]) {
    assert.throws(() => parseTakenEntries(`${good}\n${bad}\n`), /damaged/);
  }
  for (const head of ['', '{}', '{"format":"ds-backup-takeaway","version":2}']) {
    assert.throws(() => checkHead(head), /not a takeaway/);
  }
});

test.run();
