// weight: 25
/**
 * An administrator types a command on a child's laptop, as root: whatever it makes in her profile is hers, and she
 * can go on with it.
 */
import { spawnSync } from 'node:child_process';
import { lchownSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { generateJournal } from '../../journal/generator.ts';
import { testIf } from '../../runner/skip.ts';
import type { Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';
import { runsAsRoot } from '../server.ts';
import { settled } from '../settled.ts';

const test = suite('run by root');

/** An account that every Debian has, and nothing uses. */
const CHILD = accountOf('games');
/** No account of the machine has this number. */
const NOBODY = 64_996;

const rooted = testIf(
  runsAsRoot && CHILD !== undefined,
  test,
  'only root can run a command in the profile of somebody else, who has an account',
);

function accountOf(name: string): { uid: number; gid: number } | undefined {
  const { stdout, status } = spawnSync('getent', ['passwd', name], { encoding: 'utf8' });
  const [, , uid, gid] = stdout.split(':').map(Number);
  return status === 0 && uid && gid ? { uid, gid } : undefined;
}

let school: School;
test.before(async () => {
  school = await startSchool({ laptops: 0 });
});
test.after(async () => {
  await school?.[Symbol.asyncDispose]();
});

/** Every path below, the folder itself too. */
function* all(path: string): Generator<string> {
  yield path;
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) yield* all(join(path, name));
}

function give(laptop: Laptop, { uid, gid } = CHILD ?? { uid: 0, gid: 0 }): void {
  for (const path of all(laptop.home)) lchownSync(path, uid, gid);
}

/** What is not hers. */
function foreign(laptop: Laptop): string[] {
  return [...all(laptop.home)].filter((path) => {
    const { uid, gid } = lstatSync(path);
    return uid !== CHILD?.uid || gid !== CHILD.gid;
  });
}

/** She herself runs a command; she may not be able to read the checkout. */
async function byChild(laptop: Laptop, program: string, ...args: string[]) {
  const inside = ['setpriv', `--reuid=${CHILD?.uid}`, `--regid=${CHILD?.gid}`, '--clear-groups'];
  const [command = '', ...rest] = [...inside, process.execPath, program, ...args];
  return laptop.run(command, [...rest, '--direct', ...laptop.where()]);
}

for (const first of [['status'], ['now'], ['snapshots'], ['confirm-server', '123456']] as const) {
  rooted(
    `first "${first.join(' ')}" by root: she can use everything, and has nothing of root's`,
    async () => {
      await using laptop = school.newLaptop();
      generateJournal(laptop.journal, { entries: 5, seed: 8 });
      give(laptop);
      await settled();
      const { exitCode, stderr, stdout } = await laptop.backup(first);
      if (first[0] !== 'confirm-server') assert.is(exitCode, 0, stdout + stderr);
      assert.equal(foreign(laptop), [], `${first}: ${stderr}`);
      const program = join(school.folder, 'program', 'ds-backup.mjs');
      for (const [args, words] of [
        [['now'], /safe at school: 5 entries/],
        [['status'], /5 of 5 entries/],
        [['snapshots'], /5 entries/],
      ] as const) {
        const done = await byChild(laptop, program, ...args);
        assert.is(done.exitCode, 0, `${args}: ${done.stderr}`);
        assert.match(done.stdout, words);
      }
      assert.equal(foreign(laptop), []);
    },
  );
}

rooted("where she has no profile yet, root makes none that is root's in her home", async () => {
  await using laptop = school.newLaptop();
  rmSync(join(laptop.home, '.sugar'), { recursive: true });
  give(laptop);
  await laptop.backup(['status']);
  await laptop.backup(['now']);
  assert.equal(foreign(laptop), []);
});

rooted('a profile of nobody here is left alone, with words', async () => {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 3, seed: 8 });
  give(laptop, { uid: NOBODY, gid: NOBODY });
  const done = await laptop.backup(['now']);
  assert.is(done.exitCode, 1);
  assert.match(done.stderr, /user number 64996, who has no account.*\n.*useradd --uid 64996/);
  assert.equal(
    [...all(laptop.home)].filter((path) => lstatSync(path).uid !== NOBODY),
    [],
  );
});

rooted('in her own profile root stays root', async () => {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 3, seed: 8 });
  await settled();
  const done = await laptop.backup(['now']);
  assert.is(done.exitCode, 0, done.stderr);
  assert.is(lstatSync(join(laptop.profile, 'ds-backup')).uid, 0);
});

test.run();
