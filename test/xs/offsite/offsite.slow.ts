// weight: 12
/**
 * A school's copy elsewhere with the real restic: made, lost, refused, and made a school again.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DsError } from '../../../shared/errors.ts';
import { addTeacher, checkTeacher, removeTeacher } from '../../../xs/admin/teachers.ts';
import { bringBack, bringOlder } from '../../../xs/offsite/bring-back.ts';
import { checkOffsite, initOffsite, runOffsite } from '../../../xs/offsite/offsite.ts';
import { readOffsite } from '../../../xs/offsite/offsite-state.ts';
import { OffsiteError } from '../../../xs/offsite/restic.ts';
import { inLaptop, inLibrary, libraryId } from '../../../xs/storage/paths.ts';
import { movedText } from '../../../xs/transfer/arrivals.ts';
import { testIf } from '../../runner/skip.ts';
import { checkSnapshots } from '../check.ts';
import { drawings } from '../integrity/damage-library.ts';
import { backUp, SERIAL } from '../library.ts';
import { openWhole, serialOf, type WholeLibrary } from '../whole.ts';

const test = suite('a second copy elsewhere');
const withRestic = testIf(existsSync('/usr/bin/restic'), test, 'restic is not installed');

/** A school with two days, and the folder for a repository beside it. */
async function openSchool(): Promise<{ whole: WholeLibrary; folder: string; setting: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'ds-offsite-'));
  const setting = `[offsite]\nrepository = "${folder}/repository"\n`;
  const whole = await openWhole(setting, { folder });
  await backUp(whole, drawings(4));
  await backUp(whole, drawings(6));
  return { whole, folder, setting };
}

const PASSWORD = 'four unrelated words';
/** Waits to come here from another school. */
const COMES = serialOf(9);
const contextOf = ({ library: { config, env } }: WholeLibrary) => ({ config, env });
const now = () => new Date('2026-11-29T01:00:00Z');

async function kindOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof OffsiteError) return error.kind;
  return error instanceof DsError ? error.code : String(error);
}

/** Rosa and Juan could sign in when the copy was made; Juan was removed after that. */
async function checkTeachers({ library: { paths }, command }: WholeLibrary): Promise<void> {
  for (const name of ['Rosa', 'Juan']) {
    assert.is(await checkTeacher(paths, name, PASSWORD), undefined, `${name} is not confirmed`);
  }
  assert.match(await command('status'), /2 teachers of the copy.*: Juan, Rosa/);
  await command('teacher', ['confirm', 'Rosa']);
  await command('teacher', ['remove', 'Juan']);
  assert.is((await checkTeacher(paths, 'Rosa', PASSWORD))?.role, 'keeper');
  assert.equal(JSON.parse(await command('teacher', ['list'], { json: true })).ofCopy, []);
}

withRestic(
  'the building burns: a bare machine becomes the school, equal to an independent judge',
  async () => {
    const { whole, folder } = await openSchool();
    const bare = mkdtempSync(join(tmpdir(), 'ds-offsite-'));
    try {
      const context = contextOf(whole);
      const { paths } = whole.library;
      assert.ok((await initOffsite(context)).madePassword);
      assert.ok((await runOffsite(context, now)).copied);
      assert.not((await runOffsite(context, now)).copied, 'nothing has changed');
      await backUp(whole, drawings(7));
      for (const name of ['Rosa', 'Juan']) await addTeacher(paths, name, PASSWORD, now());
      const arrived = join(inLibrary(paths).arrival(COMES), 'files');
      mkdirSync(arrived, { recursive: true });
      writeFileSync(join(arrived, 'a-file'), 'her drawing');
      const moved = movedText({ at: 1, laptops: [SERIAL] });
      writeFileSync(inLaptop(paths, SERIAL).moved, moved);
      assert.ok((await runOffsite(context, now)).copied);
      removeTeacher(paths, 'Juan');
      await checkOffsite(context, '100%');
      assert.equal(readOffsite(paths).problem, null);
      const sums = [...checkSnapshots(paths, SERIAL)];
      const id = readFileSync(libraryId(paths), 'utf8');
      await whole[Symbol.asyncDispose]();
      const password = readFileSync(join(paths.state, 'offsite-password'), 'utf8');
      const away = join(bare, 'repository');
      renameSync(join(folder, 'repository'), away);
      rmSync(folder, { recursive: true });

      const secret = join(bare, 'password');
      writeFileSync(secret, password);
      const setting = `[offsite]\nrepository = "${away}"\npasswordFile = "${secret}"\n`;
      const config = { ...context.config, library: `${bare}/library`, state: `${bare}/state` };
      const offsite = { ...config.offsite, repository: away, passwordFile: secret };
      const restoring = { config: { ...config, offsite }, env: context.env };
      await bringBack(restoring);
      await bringOlder(restoring);
      assert.is(await kindOf(bringBack(restoring)), 'usage', 'never over a library');
      await using school = await openWhole(setting, { folder: bare });
      await checkTeachers(school);
      const { paths: here } = school.library;
      const file = join(inLibrary(here).arrival(COMES), 'files', 'a-file');
      assert.is(readFileSync(file, 'utf8'), 'her drawing', 'who waits to come here');
      assert.is(readFileSync(inLaptop(here, SERIAL).moved, 'utf8'), moved);
      rmSync(inLibrary(here).arrivals, { recursive: true });
      assert.is(school.library.registrations.get(SERIAL)?.nick, 'Jocinta');
      assert.is(readFileSync(libraryId(school.library.paths), 'utf8'), id);
      await school.command('relink');
      assert.equal([...checkSnapshots(school.library.paths, SERIAL)], sums);
      assert.is((await backUp(school, drawings(8))).state, 'done', 'the laptop goes on');
      assert.not.match(await school.command('status'), /damaged/);
    } finally {
      for (const path of [folder, bare]) rmSync(path, { recursive: true, force: true });
    }
  },
);

withRestic(
  'wrong password, lost: each is said as what it is, and no backup is stopped',
  async () => {
    const { whole, folder } = await openSchool();
    try {
      const context = contextOf(whole);
      const { paths } = whole.library;
      const repository = join(folder, 'repository');
      assert.is(await kindOf(runOffsite(context, now)), 'lost', 'there is none yet');
      await initOffsite(context);
      await runOffsite(context, now);
      await backUp(whole, drawings(9));
      const secret = join(paths.state, 'offsite-password');
      const password = readFileSync(secret, 'utf8');
      chmodSync(secret, 0o600);
      writeFileSync(secret, 'another');
      assert.is(await kindOf(runOffsite(context, now)), 'password');
      assert.match(
        await whole.command('status'),
        /elsewhere is not being made.*\n.*offsite status/,
      );
      writeFileSync(secret, password);
      renameSync(repository, `${repository}-away`);
      assert.is(await kindOf(runOffsite(context, now)), 'lost');
      assert.is(readOffsite(paths).problem?.kind, 'lost');
      assert.is((await backUp(whole, drawings(10))).state, 'done');
      renameSync(`${repository}-away`, repository);
      assert.ok((await runOffsite(context, now)).copied, 'it goes on by itself');
      assert.is(readOffsite(paths).problem, null);
    } finally {
      await whole[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test.run();
