import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../../agent/context.ts';
import { readBackupUrl, readColor } from '../../../agent/identity/sugar-settings.ts';
import { asDsError } from '../../../shared/errors.ts';

const test = suite("Sugar's settings");

/** What a `gsettings` that does this makes of the address of the school server, and of the colors. */
async function readWith(script: string): Promise<[url: string, color: string]> {
  const folder = mkdtempSync(join(tmpdir(), 'ds-settings-'));
  try {
    const program = join(folder, 'gsettings');
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
    const env = { PATH: `${folder}:/usr/bin:/bin` };
    const context = { env, signal: new AbortController().signal } as unknown as Context;
    const orCode = (work: Promise<string>) => work.catch((error) => asDsError(error).code);
    return [await orCode(readBackupUrl(context)), await orCode(readColor(context))];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const CASES: [what: string, script: string, url: string][] = [
  ['a value', `echo "'SHC12345678@box:backup'"`, 'SHC12345678@box:backup'],
  ['no value', `echo "''"`, ''],
  ['no schema of Sugar', `echo 'No such schema “org.sugarlabs”' >&2; exit 1`, ''],
  ['no such key', `echo 'No such key “backup-url”' >&2; exit 1`, ''],
  [
    'a store that cannot be opened',
    `echo 'dconf-WARNING **: unable to open' >&2; echo "''"`,
    'config',
  ],
  ['a crash', `kill -SEGV $$`, 'config'],
  ['any other failure', `echo 'Cannot autolaunch' >&2; exit 1`, 'config'],
  ['a warning beside a value', `echo 'GLib-WARNING **: old' >&2; echo "'a@box:b'"`, 'a@box:b'],
];

for (const [what, script, url] of CASES) {
  test(`${what}: ${url || 'empty'}`, async () => {
    assert.equal(await readWith(script), [url, '']);
  });
}

test.run();
