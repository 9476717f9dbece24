/**
 * Backs up a small Journal again and again while calls on the agent's own folder fail; prints what was wrong, a
 * line each, and at the end how many cases there were. Runs with the library of shim.c, and is given the
 * laptop's flags.
 */
import { backUp } from '../../../agent/backup/backup.ts';
import { readVersion } from '../../../agent/journal/read-entry.ts';
import { explainFull } from '../../../agent/laptop-full.ts';
import { inJournal } from '../../../agent/paths.ts';
import { openState } from '../../../agent/state.ts';
import { putEntry, putProperty, uidOf } from '../journal/journal.ts';
import { laptopOf } from './laptop-context.ts';
import { type ErrnoName, runCases, setRule, type Target } from './rule.ts';

const { paths, signal, makeContext } = laptopOf(process.argv.slice(2));
const rule = process.env.DS_ERRNO_RULE ?? '';

const TARGETS: Target[] = [
  ['access', '/ds-backup$'],
  ['statfs', '/default$'],
  ['mkdir', '/ds-backup/staging'],
  ['mkdir', '/ds-backup$'],
  ['list', '/ds-backup/staging'],
  ['link', '/data$'],
  ['create', '/ds-backup/staging/'],
  ['write', '/ds-backup/staging/'],
  ['remove', '/ds-backup/staging'],
  ['open', '/ds-backup/staging/batch'],
  ['open', '/state.db'],
  ['read', '/state.db'],
  ['write', '/state.db'],
  ['flush', '/state.db'],
  ['create', '/.moment$'],
  ['stat', '/.moment$'],
  ['remove', '/.moment$'],
  ['create', '/.ds-backup-done'],
  ['flush', '/.ds-backup-done'],
  ['rename', '/ds-backup-done$'],
  ['open', '/enrolment.json$'],
  ['read', '/enrolment.json$'],
  ['open', '/quiet-key$'],
  ['create', '/.quiet-key'],
  ['open', '/known_hosts$'],
  ['open', '/ds-backup/key$'],
  ['stat', '/ds-backup/key$'],
  ['create', '/reserve$'],
  ['write', '/reserve$'],
  ['stat', '/reserve$'],
  ['mkdir', '/lock$'],
  ['open', '/lock/ds-backup.run$'],
  ['open', '/identifiers/sn$'],
  ['read', '/identifiers/sn$'],
  ['mkdir', '/run/dsb-'],
  ['create', '/run/dsb-'],
];

/** Whether the school has the entry as it is, by what the laptop remembers. */
async function isSafe(): Promise<boolean> {
  await using state = await openState(paths.state);
  const now = await readVersion(inJournal(paths, uidOf(1)), signal);
  return state.confirmed?.versions.get(uidOf(1)) === now.digest;
}

let changes = 0;
function change(): void {
  changes += 1;
  putProperty(paths, uidOf(1), 'title', `Thing ${changes}`);
}

async function judge(target: Target, errno: ErrnoName): Promise<string> {
  change();
  setRule(rule, target, errno);
  const done = await backUp(makeContext(), false).catch(explainFull);
  setRule(rule);
  const isDone = !('code' in done);
  if (!isDone && done.code === 'internal') return `unexplained: ${done.message} ${done.stack}`;
  if (isDone && done.problems.length === 0 && (await isSafe())) return '';
  // The laptop may have forgotten what it did; then the school has it, and nothing changed.
  const later = await backUp(makeContext(), false).catch(explainFull);
  if ('code' in later) return `no backup afterwards: ${later.code} ${later.message}`;
  if (!(await isSafe())) return 'not safe afterwards';
  return isDone && done.problems.length === 0 && later.changed > 0 ? 'silence' : '';
}

for (const n of [1, 2, 3]) putEntry(paths, uidOf(n), `content ${n}`);
await backUp(makeContext(), false);
await runCases(rule, TARGETS, judge);
