/**
 * Reads a Journal of three entries while calls on one of them fail, as a backup and a restore do; prints what
 * was wrong, a line each, and at the end how many cases there were. Runs with the library of shim.c.
 */
import { readLocalVersions } from '../../../agent/journal/local-versions.ts';
import { concernedBy } from '../../../agent/journal/problem.ts';
import { explainFull } from '../../../agent/laptop-full.ts';
import { openState } from '../../../agent/state.ts';
import { asDsError } from '../../../shared/errors.ts';
import type { Uid } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { makeProfile, putEntry, uidOf } from '../journal/journal.ts';
import { stage } from '../journal/staging.ts';
import { ERRNO_NAMES, type ErrnoName, setRule, type Target } from './rule.ts';

const rule = process.env.DS_ERRNO_RULE ?? '';
const uids = ['aa', 'bb', 'cc'].map((prefix, n) => `${prefix}${uidOf(n).slice(2)}` as Uid);
const [victim = '' as Uid, ...others] = uids;

const TARGETS: Target[] = [
  ['list', '/datastore$'],
  ['list', '/datastore/aa$'],
  ['stat', `${victim}$`],
  ['stat', `${victim}/metadata$`],
  ['stat', `${victim}/data$`],
  ['list', `${victim}/metadata$`],
  ['open', `${victim}/metadata/title$`],
  ['fstat', `${victim}/metadata/title$`],
  ['read', `${victim}/metadata/title$`],
  ['link', `${victim}/data$`],
  ['open', `staging/batch-1/${victim}$`],
  ['read', `staging/batch-1/${victim}$`],
  ['create', `staging/batch-1/${victim}.metadata$`],
  ['write', `staging/batch-1/${victim}.metadata$`],
];

/** In words, what is wrong about reading while these calls fail; empty when nothing is. */
async function judge(target: Target, errno: ErrnoName): Promise<string> {
  using profile = makeProfile();
  const { paths } = profile;
  for (const uid of uids) putEntry(paths, uid, 'content');
  const whole = (await stage(paths)).read.get(victim)?.digest;
  setRule(rule, target, errno);
  const base = () => ({ content: digestOf('content') });
  const told = await stage(paths, { base }).catch(explainFull);
  setRule(rule);
  if (target[1] === '/datastore$') {
    return 'code' in told && told.code !== 'internal'
      ? ''
      : `a Journal that cannot be listed: ${JSON.stringify(told)}`;
  }
  const isOurs = target[1].startsWith('staging') || target[0] === 'link';
  if ('code' in told) {
    // The disk on which we have to write, as a whole.
    const isDisk = ['laptop-full', 'laptop-read-only'].includes(told.code);
    return isOurs && isDisk ? '' : `stopped: ${told.code} ${told.message}`;
  }
  for (const uid of others) if (!told.read.has(uid)) return `${uid} was not read`;
  const named = told.problems.flatMap((one) => concernedBy(one, uids));
  const taken = told.read.get(victim);
  if (!taken && !named.includes(victim)) return 'silence';
  if (taken && taken.digest !== whole) return 'a part of it replaces the whole';
  if (told.problems.some(({ problem }) => /\binternal\b/.test(problem)))
    return 'an unexplained problem';
  const later = await stage(paths);
  if (later.problems.length > 0 || later.read.size !== uids.length) return 'does not recover';
  return isOurs ? '' : judgeRestore(target, errno);
}

/** A restore must not take an entry that it could not read for one that is there. */
async function judgeRestore(target: Target, errno: ErrnoName): Promise<string> {
  using profile = makeProfile();
  const { paths } = profile;
  for (const uid of uids) putEntry(paths, uid, 'content');
  await using state = await openState(paths.state);
  const context = { paths, signal: new AbortController().signal } as never;
  const whole = await readLocalVersions(context, state, paths.own);
  setRule(rule, target, errno);
  const local = await readLocalVersions(context, state, paths.own).catch(asDsError);
  setRule(rule);
  if ('code' in local) return `the restore stopped: ${local.code} ${local.message}`;
  const isSame = (uid: Uid) => local.get(uid) === whole.get(uid);
  if (!others.every(isSame)) return 'the restore misses others';
  const isKnown = local.has(victim) && (local.get(victim) === undefined || isSame(victim));
  return isKnown ? '' : `the restore takes it for ${local.get(victim)}`;
}

let cases = 0;
for (const target of TARGETS) {
  for (const errno of ERRNO_NAMES) {
    cases += 1;
    const wrong = await judge(target, errno).catch((error: unknown) => `${(error as Error).stack}`);
    setRule(rule);
    if (wrong) console.log(`${target.join(' ')} ${errno}: ${wrong}`);
  }
}
console.log(`${cases} cases`);
