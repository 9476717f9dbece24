/**
 * Brings a small Journal back again and again, into Sugar's real datastore, while calls on the Journal and on the
 * agent's own folder fail; prints what was wrong, a line each, and at the end how many cases there were. Runs with
 * the library of shim.c, and is given the laptop's flags.
 */
import { existsSync, rmSync } from 'node:fs';
import { backUp } from '../../../agent/backup/backup.ts';
import { explainFull } from '../../../agent/laptop-full.ts';
import { type RestoreSummary, restore } from '../../../agent/restore/restore.ts';
import type { DsError } from '../../../shared/errors.ts';
import type { Uid } from '../../../shared/ids.ts';
import { Bus, DAEMON } from '../../../shared/system/bus.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { waitFor } from '../../runner/patience.ts';
import { soak } from '../../soak.ts';
import { putEntry, uidOf } from '../journal/journal.ts';
import { laptopOf } from './laptop-context.ts';
import { type ErrnoName, runCases, setRule, type Target } from './rule.ts';

const { paths, makeContext } = laptopOf(process.argv.slice(2));
const rule = process.env.DS_ERRNO_RULE ?? '';
const DATASTORE = 'org.laptop.sugar.DataStore';
/** Enough for folders to be placed. */
const ENTRIES = 24;
const VICTIM = uidOf(3);

const TARGETS: Target[] = [
  ['access', '/ds-backup$'],
  ['statfs', '/default$'],
  ['open', '/datastore/version$'],
  ['list', '/datastore$'],
  ['list', '/datastore/checksums'],
  ['mkdir', '/ds-backup/restore'],
  ['list', '/ds-backup/restore'],
  ['remove', '/ds-backup/restore'],
  ['create', '/restore/batch-1/'],
  ['write', '/restore/batch-1/'],
  ['open', `${VICTIM}.metadata$`],
  ['read', `${VICTIM}.metadata$`],
  ['open', `/batch-1/${VICTIM}$`],
  ['read', `/batch-1/${VICTIM}$`],
  ['chmod', `/batch-1/${VICTIM}$`],
  ['mkdir', `whole/${VICTIM}`],
  ['create', `whole/${VICTIM}/metadata/title$`],
  ['write', `whole/${VICTIM}/metadata/title$`],
  ['rename', `whole/${VICTIM}/data$`],
  ['mkdir', `/datastore/${VICTIM.slice(0, 2)}`],
  ['rename', `/datastore/${VICTIM.slice(0, 2)}/${VICTIM}$`],
  ['stat', `/datastore/${VICTIM.slice(0, 2)}/${VICTIM}$`],
  ['list', `/datastore/${VICTIM.slice(0, 2)}/${VICTIM}/metadata$`],
  ['open', `/datastore/${VICTIM.slice(0, 2)}/${VICTIM}/metadata/title$`],
  ['read', `/datastore/${VICTIM.slice(0, 2)}/${VICTIM}/metadata/title$`],
  ['list', `/datastore/${VICTIM.slice(0, 2)}$`],
  ['flush', '/datastore$'],
  ['remove', '/ds_clean$'],
  ['create', '/ds_clean$'],
  ['create', '/.moment$'],
  ['open', '/state.db'],
  ['read', '/state.db'],
  ['write', '/state.db'],
  ['flush', '/state.db'],
  ['open', '/known_hosts$'],
  ['open', '/ds-backup/key$'],
  ['open', '/enrolment.json$'],
  ['open', '/lock/ds-backup.run$'],
];

async function loseJournal(): Promise<void> {
  using bus = await Bus.open(process.env.DBUS_SESSION_BUS_ADDRESS ?? '');
  const pid = await bus.call(DAEMON, 'GetConnectionUnixProcessID', 's', [DATASTORE]).then(
    ([first]) => Number(first),
    () => undefined,
  );
  if (pid !== undefined) {
    process.kill(pid, 'SIGKILL');
    await waitFor('the end of the datastore', () => !existsSync(`/proc/${pid}`));
  }
  rmSync(paths.journal, { recursive: true, force: true });
}

type Wanted = Partial<Record<'entry', Uid>>;

function bringBack({ entry }: Wanted = {}): Promise<RestoreSummary | DsError> {
  const request = { of: undefined, snapshot: undefined, entry, wait: false };
  return restore(makeContext(), request).catch(explainFull);
}

const whole = () => compareJournals(before, readJournal(paths.journal));

/** In words, what is wrong about a restore while these calls fail; empty when nothing is. */
async function judge(target: Target, errno: ErrnoName): Promise<string> {
  await loseJournal();
  setRule(rule, target, errno);
  const told = await bringBack();
  setRule(rule);
  if ('code' in told && told.code === 'internal')
    return `unexplained: ${told.message} ${told.stack}`;
  const isDone = !('code' in told) && told.problems.length === 0;
  // What cannot be looked at is not taken for nothing: the entry comes beside it.
  const beside = 'code' in told ? 0 : told.beside;
  const { missing, different, extra } = whole();
  if (isDone && missing.length > beside) return `silence: ${missing.length} are missing`;
  if (different.length > 0 || extra.length > beside)
    return `wrong: ${[...different, ...extra].join('; ')}`;
  const later = await bringBack();
  if ('code' in later) return `no restore afterwards: ${later.code} ${later.message}`;
  const [first] = later.problems;
  if (first) return `problems afterwards: ${first.problem}`;
  const after = whole();
  const wrong = [...after.missing, ...after.different, ...after.extra.slice(beside)];
  return wrong.length > 0 ? `not whole afterwards: ${wrong.join('; ')}` : '';
}

for (let n = 0; n < ENTRIES; n += 1) {
  const creation_time = '1690000000';
  putEntry(paths, uidOf(n), `content ${n}`, { creation_time, title: `Thing ${n}` });
}
await backUp(makeContext(), false);
const before = readJournal(paths.journal);
/** Each takes a start of the datastore and two restores. */
const inSuite = TARGETS.filter((_, n) => n % 3 === 0);
await runCases(rule, soak(TARGETS, inSuite), judge);
