/** Completions are taken in whatever the system and the folder's disk do to the watching. */
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS, realClock } from '../../../shared/clock.ts';
import { silentLog } from '../../../shared/log.ts';
import { Faults } from '../../../xs/ground/faults.ts';
import { Intake, type IntakeOptions } from '../../../xs/ingest/intake.ts';
import { makeServiceFolders } from '../../../xs/storage/ownership.ts';
import { inCompletion, inLaptop } from '../../../xs/storage/paths.ts';
import { waitFor } from '../../runner/patience.ts';
import { scarceWatch } from '../ground/scarce-watch.ts';
import { completionFor, type Journal, SERIAL, sendEntry, uidOf } from '../library.ts';
import { dsaKey, openWhole, serialOf } from '../whole.ts';

const test = suite('completions are watched for');

/** What a laptop sent all but the completion of, and an intake whose completion folder is on `disk`. */
async function scene(watching: NonNullable<IntakeOptions['watching']>) {
  const whole = await openWhole('');
  const { library, context } = whole;
  const journal: Journal = new Map([[uidOf(1), { title: 'a', content: 'drawing' }]]);
  const completion = completionFor(whole, journal);
  for (const [uid, entry] of journal) {
    sendEntry(inLaptop(library.paths, SERIAL).incoming, uid, entry);
  }
  const faults = new Faults(silentLog);
  const disk = join(library.paths.state, 'disk');
  const paths = { ...library.paths, completion: join(disk, 'completion') };
  mkdirSync(disk);
  makeServiceFolders(library.ownership, paths, faults);
  const { registrations, workQueue } = library;
  const intake = new Intake({
    ...{ ...context, registrations, workQueue, paths, faults, watching },
    // Whoever sent something was cut off long ago.
    ...{ env: process.env, clock: { ...realClock, now: () => new Date(Date.now() + DAY_MS) } },
  });
  return {
    ...{ library, intake, paths, disk, faults, text: JSON.stringify(completion) },
    parts: () => faults.list().map(({ part }) => part),
    done: () => waitFor('it', () => intake.outcome(SERIAL, completion.run).state === 'done'),
    [Symbol.asyncDispose]: async () => {
      await intake[Symbol.asyncDispose]();
      await whole[Symbol.asyncDispose]();
    },
  };
}

test('a completion is taken in while nothing can be watched, and status says so meanwhile', async () => {
  const scarce = scarceWatch();
  await using at = await scene({ everyMs: 1_000_000, oftenMs: 5, watch: scarce.watch });
  at.intake.start();
  assert.equal(at.parts(), ['watching']);
  writeFileSync(inCompletion(at.paths).waiting(SERIAL), at.text);
  await at.done();
  scarce.give();
  await waitFor('it to be watched', () => at.parts().length === 0);
});

test('a completion folder that the disk does not give for a while ends nothing', async () => {
  await using at = await scene({ everyMs: 5, oftenMs: 5 });
  const { disk } = at;
  at.intake.start();
  // A path that cannot be followed: an error for root as well.
  renameSync(disk, `${disk}-away`);
  symlinkSync(disk, disk);
  // Still watched at this moment.
  writeFileSync(join(`${disk}-away`, 'completion', SERIAL), at.text);
  await waitFor('the faults', () => at.parts().length === 2);
  assert.equal(at.parts(), ['completion', 'watching']);
  assert.match(at.faults.list()[0]?.reason ?? '', /ELOOP/);
  rmSync(disk);
  renameSync(`${disk}-away`, disk);
  await at.done();
  assert.equal(at.parts(), []);
});

test("what one laptop's drop has in its way keeps nobody else's completion waiting", async () => {
  await using at = await scene({ everyMs: 5, oftenMs: 5 });
  const places = inCompletion(at.paths);
  const other = serialOf(2);
  at.library.registrations.register(other, 'Jim', 'uuid 2', dsaKey(2));
  mkdirSync(places.drop(other));
  writeFileSync(join(places.drop(other), other), 'received');
  mkdirSync(places.waiting(other));
  writeFileSync(places.waiting(SERIAL), at.text);
  at.intake.start();
  await at.done();
});

test.run();
