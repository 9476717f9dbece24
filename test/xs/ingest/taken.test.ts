/** Somebody whose session did not really end, while what was sent becomes a snapshot. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silentLog } from '../../../shared/log.ts';
import { ingest } from '../../../xs/ingest/ingest.ts';
import { Intake } from '../../../xs/ingest/intake.ts';
import { inCompletion, inEntry, inLaptop } from '../../../xs/storage/paths.ts';
import { waitFor } from '../../runner/patience.ts';
import { refusedLater } from '../../shared/refused.ts';
import { checkSnapshots } from '../check.ts';
import { completionFor, type Journal, makeLibrary, SERIAL, sendEntry, uidOf } from '../library.ts';
import { openWhole, type WholeLibrary } from '../whole.ts';

const test = suite('what a laptop sent is out of its reach before it is read');

const JOURNAL: Journal = new Map([
  [uidOf(1), { title: 'a', content: 'drawing' }],
  [uidOf(2), { title: 'b', content: 'a letter' }],
]);

/** An environment whose `sync` does this first: a moment between reading and linking. */
function meanwhile(script: string): NodeJS.ProcessEnv & Disposable {
  const bin = mkdtempSync(join(tmpdir(), 'ds-taken-'));
  writeFileSync(join(bin, 'sync'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return {
    PATH: `${bin}:${process.env.PATH}`,
    [Symbol.dispose]: () => rmSync(bin, { recursive: true, force: true }),
  };
}

async function start(whole: WholeLibrary, env: NodeJS.ProcessEnv): Promise<Intake> {
  const { library, context } = whole;
  const { registrations, workQueue } = library;
  return new Intake({ ...context, env, log: silentLog, registrations, workQueue });
}

function hand(whole: WholeLibrary, completion: unknown): void {
  const { waiting } = inCompletion(whole.library.paths);
  writeFileSync(`${waiting(SERIAL)}.tmp`, JSON.stringify(completion));
  renameSync(`${waiting(SERIAL)}.tmp`, waiting(SERIAL));
}

function sendAll(folder: string): void {
  for (const [uid, entry] of JOURNAL) sendEntry(folder, uid, entry);
}

test('who still writes into incoming/ changes nothing of the snapshot', async () => {
  await using whole = await openWhole('');
  const { paths } = whole.library;
  const { incoming } = inLaptop(paths, SERIAL);
  sendAll(incoming);
  const { content } = inEntry(incoming, uidOf(1));
  using env = meanwhile(`printf 'DRAWING' >'${content}'`);
  await using intake = await start(whole, env);
  const completion = completionFor(whole, JOURNAL);
  hand(whole, completion);
  intake.start();
  assert.is((await intake.finalOutcome(SERIAL, completion.run, 600_000)).state, 'done');
  assert.equal([...checkSnapshots(paths, SERIAL).keys()], [1]);
});

test('a file that was changed after it was read is refused', async () => {
  using library = makeLibrary();
  const { incoming } = inLaptop(library.paths, SERIAL);
  sendAll(incoming);
  const { content } = inEntry(incoming, uidOf(1));
  // The first time it is only touched, and so read again in the queue: that is made durable once more.
  const once = join(library.paths.state, 'once');
  const change = `printf 'DRAWING' >'${content}'`;
  using env = meanwhile(
    `if [ -e '${once}' ]; then ${change}; else touch '${content}'; : >'${once}'; fi`,
  );
  const arrival = { serial: SERIAL, completion: completionFor(library, JOURNAL) };
  const context = { ...library.context, env };
  const ingested = ingest(context, { ...arrival, folder: incoming, source: 'agent' });
  await refusedLater(ingested, 'bad-input', /was changed after it had arrived/);
});

test('what has to be sent again finds what is there already', async () => {
  await using whole = await openWhole('');
  const { paths } = whole.library;
  const { incoming, taken } = inLaptop(paths, SERIAL);
  sendAll(incoming);
  rmSync(inEntry(incoming, uidOf(2)).content);
  await using intake = await start(whole, process.env);
  const completion = completionFor(whole, JOURNAL);
  hand(whole, completion);
  intake.start();
  const outcome = await intake.finalOutcome(SERIAL, completion.run, 600_000);
  assert.equal(outcome.state === 'missing' && outcome.missing, [uidOf(2)]);
  await waitFor('what was taken to go', () => !existsSync(taken));
  assert.ok(existsSync(inEntry(incoming, uidOf(1)).content));
});

test('what a killed service had taken away joins what came since', async () => {
  await using whole = await openWhole('');
  const { paths } = whole.library;
  const { incoming, taken } = inLaptop(paths, SERIAL);
  mkdirSync(join(taken, '.part'), { recursive: true });
  mkdirSync(join(incoming, '.part'));
  sendAll(taken);
  sendAll(incoming);
  rmSync(inEntry(incoming, uidOf(1)).content);
  rmSync(inEntry(taken, uidOf(2)).content);
  writeFileSync(inEntry(taken, uidOf(2)).metadata, 'an older one');
  writeFileSync(join(taken, '.part', 'half'), 'half');
  await using intake = await start(whole, process.env);
  const completion = completionFor(whole, JOURNAL);
  hand(whole, completion);
  intake.start();
  assert.is((await intake.finalOutcome(SERIAL, completion.run, 600_000)).state, 'done');
  assert.equal([...checkSnapshots(paths, SERIAL).keys()], [1]);
  await waitFor('what was taken to go', () => !existsSync(taken));
  assert.equal(readdirSync(incoming), []);
});

test.run();
