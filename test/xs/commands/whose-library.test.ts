/** Root on a library of another user: refused with the command that helps, and nothing changes its owner. */
import {
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CliOptions, runCli } from '../../../xs/cli.ts';
import { refusedLater } from '../../shared/refused.ts';
import { STICK_PARTS } from '../whole.ts';

const test = suite('whose library it is');

/** Whoever runs the tests, if that is not root. */
const OWNER = process.getuid?.() || 64_998;
const PLACES = ['library', 'state', 'completion'];

for (const command of ['status', 'cleanup', 'serve']) {
  test(`"xs-backup ${command}" of root leaves the library of the service's user alone`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ds-whose-'));
    const config = join(folder, 'config.toml');
    const lines = PLACES.map((name) => `${name} = "${folder}/${name}"\n`);
    writeFileSync(config, `${lines.join('')}[ssh]\nuid = 64999\n`);
    const options: CliOptions = {
      args: [command, '--config', config],
      ...{ uid: 0, gid: 0, env: process.env },
      ...{ sessionScript: '', pageFiles: { locale: '', styleSheets: [] }, stickParts: STICK_PARTS },
      log: { info: () => {}, warn: () => {} },
      print: () => {},
      drawBar: undefined,
      ask: async () => '',
      signal: AbortSignal.abort(),
      inherited: [],
    };
    try {
      for (const name of PLACES) {
        mkdirSync(join(folder, name));
        if (process.getuid?.() === 0) chownSync(join(folder, name), OWNER, OWNER);
      }
      await refusedLater(runCli(options), 'config', /the user with the id \d+, not to root/);
      for (const name of PLACES) {
        assert.is(lstatSync(join(folder, name)).uid, OWNER, name);
        assert.equal(readdirSync(join(folder, name)), []);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

test.run();
