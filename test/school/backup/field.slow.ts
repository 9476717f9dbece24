// weight: 15
/**
 * Odd contents and bad links of the field, in a real school.
 */
import { existsSync, mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { generateJournal } from '../../journal/generator.ts';
import { checkSnapshots } from '../../xs/check.ts';
import type { Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';

const test = suite('laptops in the field');

/** The scenes leave the server as it is; each has a laptop of its own. */
let school: School;
test.before(async () => {
  school = await startSchool({ laptops: 0 });
});
test.after(async () => {
  await school?.[Symbol.asyncDispose]();
});

async function run(laptop: Laptop, ...args: string[]) {
  const done = await laptop.backup(args);
  assert.is(done.exitCode, 0, `${args.join(' ')}: ${done.stderr}`);
  return done;
}

test('content of holes takes little room at school, and when it is back', async () => {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 3, seed: 21 });
  const [uid = ''] = readJournal(laptop.journal).keys();
  const entry = join(laptop.journal, uid.slice(0, 2), uid);
  const bytes = 48 << 20;
  writeFileSync(join(entry, 'data'), 'begin');
  truncateSync(join(entry, 'data'), bytes);
  writeFileSync(join(entry, 'metadata', 'filesize'), String(bytes));
  await run(laptop, 'now');
  const newest = newestSnapshot(school.server, parseSerial(laptop.serial));
  const taken = (file: string) => {
    const { size, blocks } = statSync(file);
    assert.is(size, bytes);
    return blocks * 512;
  };
  assert.ok(taken(join(newest?.folder ?? '', uid)) < 1 << 20, 'at school');
  const before = readJournal(laptop.journal);
  await laptop.loseJournal();
  await laptop.startBus();
  await run(laptop, 'restore', 'latest');
  const { identical, different } = compareJournals(before, readJournal(laptop.journal));
  assert.equal([identical, different], [3, []]);
  assert.ok(taken(join(entry, 'data')) < 1 << 20, 'on the laptop');
});

/** The connection breaks off at the first rsync that goes over it; later ones are as ever. */
const BREAKING_SSH = `#!/bin/sh
here=$(dirname "$0")
case "$*" in
  *ControlMaster=yes*) echo $$ >"$here/master" ;;
  *rsync*)
    if [ ! -e "$here/broken" ]; then
      touch "$here/broken"
      kill "$(cat "$here/master")"
      exit 255
    fi
    ;;
esac
exec /usr/bin/ssh "$@"
`;

test('a connection that breaks off is opened again in the same run', async () => {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 5, seed: 22 });
  const folder = join(laptop.home, 'bin');
  mkdirSync(folder);
  writeFileSync(join(folder, 'ssh'), BREAKING_SSH, { mode: 0o755 });
  laptop.env.PATH = `${folder}:${laptop.env.PATH}`;
  const { stderr } = await run(laptop, 'now');
  assert.match(stderr, /; trying again/);
  assert.ok(existsSync(join(folder, 'broken')));
  assert.is(checkSnapshots(school.server, parseSerial(laptop.serial)).size, 1);
});

test.run();
