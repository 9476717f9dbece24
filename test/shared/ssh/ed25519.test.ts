import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { signWith, verifySignature } from '../../../shared/ssh/ed25519.ts';
import { makeKeyFile } from '../../../shared/ssh/key-file.ts';
import { run } from '../../../shared/system/run.ts';
import { refused } from '../refused.ts';

const test = suite('signatures with OpenSSH keys');

const { env } = process;

test("what a key of ssh-keygen signs, its public half verifies, and nobody else's", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ed25519-'));
  try {
    const lines = [];
    for (const name of ['a', 'b']) lines.push(await makeKeyFile(join(folder, name), 'c', { env }));
    const [a = '', b = ''] = lines;
    const secret = readFileSync(join(folder, 'a'), 'utf8');
    const signature = signWith(secret, 'tréscript');
    assert.ok(verifySignature(a, 'tréscript', signature));
    assert.not.ok(verifySignature(a, 'tréscripT', signature));
    assert.not.ok(verifySignature(b, 'tréscript', signature));
    for (const bad of ['', 'AAAA', `${signature}\n`, signature.replace(/.$/, '')]) {
      assert.not.ok(verifySignature(a, 'tréscript', bad));
    }
    for (const bad of ['', 'PRIVATE', a, secret.slice(0, 100), secret.slice(0, 250)]) {
      refused(() => signWith(bad, 'x'), 'bad-input', /ed25519 key/);
    }
    const other = join(folder, 'encrypted');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', other], { env });
    refused(() => signWith(readFileSync(other, 'utf8'), 'x'), 'bad-input', /encrypted/);
    writeFileSync(other, '');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
