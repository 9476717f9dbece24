/**
 * A library with two laptops while every call on the folder of one of them fails, as on a disk with a bad place:
 * the other one backs up, checks and status go on and name the first, and nothing is called done that is not.
 * Prints what was wrong, a line each, and at the end how many cases there were. Runs with the library of shim.c.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asDsError } from '../../../shared/errors.ts';
import type { Serial } from '../../../shared/ids.ts';
import { asServerError } from '../../../xs/ground/system-errors.ts';
import { ingest } from '../../../xs/ingest/ingest.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { type ErrnoName, setRule } from '../../agent/errno/rule.ts';
import { soak } from '../../soak.ts';
import { checkSnapshots } from '../check.ts';
import { drawings } from '../integrity/damage-library.ts';
import { backUp, completionFor, SERIAL, sendEntry } from '../library.ts';
import { dsaKey, openWhole, serialOf, type WholeLibrary } from '../whole.ts';

const rule = process.env.DS_ERRNO_RULE ?? '';
const OTHER = serialOf(2);

/** Those that reading takes; a check that meets them has to name the laptop. */
const READING = ['list', 'stat', 'open', 'read'];
const CALLS = [
  ...READING,
  'create',
  'write',
  'flush',
  'link',
  'rename',
  'remove',
  'mkdir',
  'chmod',
];
const ERRNOS: ErrnoName[] = soak(['EIO', 'EUCLEAN', 'ESTALE', 'EROFS', 'EACCES'], ['EIO']);

interface Status {
  concerns: string[];
  damagedLaptops: { serial: string }[];
}

const statusOf = async (whole: WholeLibrary): Promise<Status> =>
  JSON.parse(await whole.command('status', [], { json: true }));
const names = ({ damagedLaptops }: Status) => damagedLaptops.map(({ serial }) => serial);

/** What laptops have: one thing more each day. */
let things = 3;

/** A backup whose files came over before the disk went bad. */
function arrived(whole: WholeLibrary, serial: Serial) {
  const { incoming } = inLaptop(whole.library.paths, serial);
  mkdirSync(incoming, { recursive: true });
  const journal = drawings(things);
  const completion = completionFor(whole, journal, serial);
  for (const [uid] of completion.changed) {
    const entry = journal.get(uid);
    if (entry) sendEntry(incoming, uid, entry);
  }
  return () => ingest(whole.context, { serial, completion, folder: incoming, source: 'agent' });
}

/** In words, what is wrong; empty when nothing is. */
async function judge(whole: WholeLibrary, call: string, errno: ErrnoName): Promise<string[]> {
  const wrong: string[] = [];
  things += 1;
  const run = arrived(whole, SERIAL);
  setRule(rule, [call, `/${SERIAL}`], errno);
  const outcome = await run().catch((error: unknown) => asServerError(error));
  if (outcome instanceof Error && outcome.code === 'internal')
    wrong.push(`its backup: ${outcome.message}`);
  const other = await backUp(whole, drawings(things, 'his'), OTHER).catch(asDsError);
  if (!('state' in other) || other.state !== 'done')
    wrong.push(`the other one: ${JSON.stringify(other)} ${other}`);
  const found = await whole.library.checker.checkAll().catch(asDsError);
  if (typeof found !== 'number') wrong.push(`the check: ${found.message}`);
  const status = await statusOf(whole).catch(asDsError);
  if (status instanceof Error) wrong.push(`status: ${status.message}`);
  else {
    if (READING.includes(call) && !names(status).includes(SERIAL)) wrong.push('it is not named');
    if (names(status).includes(OTHER)) wrong.push('the other one is named');
  }
  setRule(rule);
  checkSnapshots(whole.library.paths, OTHER);
  const kept = checkSnapshots(whole.library.paths, SERIAL);
  const isDone = !(outcome instanceof Error) && outcome.state === 'done';
  const lines = [...kept.values()][0]?.split('\n').length ?? 0;
  if (isDone && lines < things) wrong.push(`done, with ${lines} lines for ${things} things`);
  await whole.library.checker.checkAll();
  const after = await statusOf(whole);
  if (names(after).length > 0) wrong.push(`afterwards ${names(after)} is named`);
  things += 1;
  const next = await backUp(whole, drawings(things)).catch(asDsError);
  if (!('state' in next) || next.state !== 'done') wrong.push(`the next: ${next}`);
  return wrong;
}

let cases = 0;
for (const errno of ERRNOS) {
  for (const call of CALLS) {
    const folder = mkdtempSync(join(tmpdir(), 'ds-device-'));
    try {
      await using whole = await openWhole('', { folder });
      whole.library.registrations.register(OTHER, 'Jim', 'uuid 2', dsaKey(2));
      await backUp(whole, drawings(things));
      await backUp(whole, drawings(things, 'his'), OTHER);
      for (const one of await judge(whole, call, errno)) console.log(`${call} ${errno}: ${one}`);
    } catch (error) {
      console.log(`${call} ${errno}: ${(error as Error).stack?.slice(0, 600)}`);
    } finally {
      setRule(rule);
      rmSync(folder, { recursive: true, force: true });
    }
    cases += 1;
  }
}
console.log(`${cases} cases`);
