import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeKeyFile, readKeyFile } from '../../../shared/ssh/key-file.ts';

const test = suite('a key is there whole or not at all');

const options = { env: { PATH: process.env.PATH } };

function place() {
  const folder = mkdtempSync(join(tmpdir(), 'ds-key-'));
  const path = join(folder, 'key');
  return { folder, path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

test('what is made is read, by its owner only, and nothing else is left', async () => {
  using at = place();
  assert.is(await readKeyFile(at.path, options), 'absent');
  const line = await makeKeyFile(at.path, 'a comment', options);
  assert.match(line, /^ssh-ed25519 [\w+/]{68}$/);
  assert.equal(await readKeyFile(at.path, options), { line });
  assert.is(statSync(at.path).mode & 0o777, 0o600);
  assert.equal(readdirSync(at.folder), ['key']);
});

test('a copy that others may read is made private again', async () => {
  using at = place();
  const line = await makeKeyFile(at.path, '', options);
  chmodSync(at.path, 0o644);
  assert.equal(await readKeyFile(at.path, options), { line });
  assert.is(statSync(at.path).mode & 0o777, 0o600);
});

test('an empty file, half a key and other text are damaged', async () => {
  using at = place();
  await makeKeyFile(at.path, '', options);
  const whole = readFileSync(at.path);
  for (const text of ['', whole.subarray(0, 200), Buffer.alloc(400), 'hello\n']) {
    writeFileSync(at.path, text);
    assert.is(await readKeyFile(at.path, options), 'damaged');
  }
});

test('a program that is missing, or a folder in its place, is no damage', async () => {
  using at = place();
  await makeKeyFile(at.path, '', options);
  const missing = readKeyFile(at.path, { env: { PATH: at.folder } });
  assert.is(await missing.catch(({ code }) => code), 'missing-tool');
  rmSync(at.path);
  mkdirSync(at.path);
  assert.is(await readKeyFile(at.path, options).catch(({ code }) => code), 'EISDIR');
});

test('a new key replaces the old one whole, and clears away what a power cut left', async () => {
  using at = place();
  const old = await makeKeyFile(at.path, '', options);
  mkdirSync(join(at.folder, '.key.new-abc'));
  writeFileSync(join(at.folder, '.key.new-abc', 'key'), 'half');
  writeFileSync(join(at.folder, '.key.pub'), 'of somebody else');
  const line = await makeKeyFile(at.path, '', options);
  assert.is.not(line, old);
  assert.equal(await readKeyFile(at.path, options), { line });
  assert.equal(readdirSync(at.folder).sort(), ['.key.pub', 'key']);
  assert.ok(existsSync(at.path));
});

test.run();
