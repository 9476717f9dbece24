// weight: 15
/**
 * A copy in a folder, by SFTP and by restic's REST protocol: made, cut off and gone on; the box is deleted, and a
 * bare one becomes the school, of which the newest can be had first.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { DsError } from '../../../shared/errors.ts';
import { bringBack, bringOlder } from '../../../xs/offsite/bring-back.ts';
import { checkOffsite, initOffsite, runOffsite } from '../../../xs/offsite/offsite.ts';
import { readOffsite } from '../../../xs/offsite/offsite-state.ts';
import { OffsiteError } from '../../../xs/offsite/restic.ts';
import { inLaptop, inSnapshot } from '../../../xs/storage/paths.ts';
import { listHeld, listSnapshots, newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { testIf } from '../../runner/skip.ts';
import { soak } from '../../soak.ts';
import { inventory, journalOfDay, liveThrough } from '../acts.ts';
import { backUp, SERIAL } from '../library.ts';
import { dsaKey, openWhole, serialOf, testClock, type WholeLibrary } from '../whole.ts';
import {
  folderRepository,
  type Repository,
  restRepository,
  sftpRepository,
} from './repositories.ts';

const test = suite('a copy in three kinds of places');
const has = (program: string) => existsSync(`/usr/bin/${program}`);
const KINDS: [string, boolean, (folder: string) => Promise<Repository>][] = [
  ['a folder', has('restic'), folderRepository],
  ['SFTP', has('restic') && existsSync('/usr/sbin/sshd'), sftpRepository],
  ['REST', has('restic') && has('rclone'), restRepository],
];
const OTHER = serialOf(3);
const DAY = '2026-03-20T08:00:00Z';

const now = () => new Date('2026-11-29T01:00:00Z');
const contextOf = ({ library: { config, env } }: WholeLibrary) => ({ config, env });
const hers = ({ library }: WholeLibrary) =>
  [SERIAL, OTHER].map((serial) => inventory(library.paths, serial));

async function kindOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof OffsiteError) return error.kind;
  return error instanceof DsError ? error.code : String(error);
}

for (const [kind, isThere, make] of soak(KINDS, KINDS.slice(-1))) {
  testIf(
    isThere,
    test,
    `no program for ${kind}`,
  )(`${kind}: the school burns, and is back`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ds-places-'));
    await using repository = await make(join(folder, 'away'));
    const [burnt, bare] = [join(folder, 'burnt'), join(folder, 'bare')];
    for (const one of [burnt, bare]) mkdirSync(one);
    const password = `passwordFile = "${folder}/password"\n`;
    const setting = `[offsite]\n${repository.settings}\n${password}`;
    try {
      const { sums, newest } = await copyOfSchool(setting, burnt, repository);
      rmSync(burnt, { recursive: true });
      const settings = await openWhole(setting, { folder: bare, stranger: true });
      const context = contextOf(settings);
      await settings[Symbol.asyncDispose]();
      for (const name of ['library', 'state', 'completion']) {
        rmSync(join(bare, name), { recursive: true });
      }
      const first = await bringBack(context);
      assert.equal([first.laptops, first.snapshots], [2, 2]);
      {
        // The older ones are still away, and the newest are served.
        await using school = await openWhole(setting, { folder: bare, clock: testClock(DAY) });
        await school.command('relink');
        const { paths } = school.library;
        assert.is(newestSnapshot(paths, SERIAL)?.state, newest);
        assert.ok(hers(school)[0]?.size === 1);
        assert.not.match(await school.command('status'), /damaged/);
        assert.is((await backUp(school, journalOfDay(30))).state, 'done', 'the laptop goes on');
        await bringOlder(context);
        await school.command('relink');
        const back = hers(school);
        assert.is((back[0]?.size ?? 0) - 1, sums[0]?.size);
        for (const [name, sum] of sums[0] ?? []) assert.is(back[0]?.get(name), sum, name);
        assert.equal(back[1], sums[1]);
        assert.not.match(await school.command('status'), /damaged/);
      }
    } finally {
      await repository.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** As what a copy of this laptop's disk has sent. */
function setAside({ library: { paths } }: WholeLibrary): void {
  const [newest] = listSnapshots(paths, OTHER);
  assert.ok(newest);
  const laptop = inLaptop(paths, OTHER);
  mkdirSync(laptop.held, { recursive: true });
  writeFileSync(inSnapshot(newest.folder).twin, '');
  renameSync(newest.folder, laptop.heldSnapshot(newest.name));
  assert.is(listHeld(paths, OTHER).length, 0, 'it is not held for the shrink guard');
}

/** A school of two laptops whose copy went through bad days; returns what has to come back. */
async function copyOfSchool(setting: string, folder: string, repository: Repository) {
  await using school = await openWhole(setting, { folder });
  school.library.registrations.register(OTHER, 'Jim', 'uuid', dsaKey(9));
  await backUp(school, journalOfDay(7), OTHER);
  await backUp(school, journalOfDay(8), OTHER);
  setAside(school);
  await backUp(school, journalOfDay(9), OTHER);
  await liveThrough(school, 0, 4);
  const context = contextOf(school);
  const { paths } = school.library;
  await initOffsite(context);
  await runOffsite(context, now);
  school.clock.pass(DAY_MS);
  await backUp(school, journalOfDay(20));
  await repository.stop();
  if (!setting.includes('repository = "/')) {
    assert.is(await kindOf(runOffsite(context, now)), 'unreachable');
    assert.is(readOffsite(paths).problem?.kind, 'unreachable');
    assert.is((await backUp(school, journalOfDay(21))).state, 'done', 'in nobody’s way');
  }
  await repository.start();
  await runOffsite(context, now);
  assert.is(readOffsite(paths).problem, null);
  await checkOffsite(context, '100%');
  const newest = newestSnapshot(paths, SERIAL)?.state;
  return { sums: hers(school), newest };
}

test.run();
