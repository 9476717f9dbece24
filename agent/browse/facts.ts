/**
 * What this laptop knows about its backup without asking the server: who it is, what was confirmed
 * last, and how much of the Journal is safe.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { isErrno } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import { pairingCode } from '../../shared/protocol/pairing.ts';
import type { Context } from '../context.ts';
import { enrolmentOf } from '../identity/enrolment.ts';
import { type Identity, readIdentity } from '../identity/identity.ts';
import { tryReadVersion } from '../journal/read-entry.ts';
import { scanJournal } from '../journal/scan.ts';
import type { Paths } from '../paths.ts';
import { findServer } from '../school/session.ts';
import { openState, type State, type UnfinishedRestore } from '../state.ts';
import { openStatePlace } from '../workplace.ts';

export type Registration = 'none' | 'pending' | 'accepted';

/** What the agent shows to its clients, and `ds-backup status --direct` prints. */
export interface Facts {
  serial: string;
  server: string;
  registration: Registration;
  /** Four digits while a teacher has to approve this laptop; else empty. */
  pairingCode: string;
  /** The newest snapshot that the server confirmed; empty for none. */
  lastSnapshot: string;
  /** Entries of the Journal, and those that are at school as they are now. */
  total: number;
  safe: number;
  unfinished: UnfinishedRestore[];
}

/** Scans the Journal; reads of it only what changed just before it was last read. */
export async function readFacts(context: Context): Promise<Facts> {
  const { paths } = context;
  const identity = readIdentity(paths);
  const { server } = await findServer(context);
  const facts: Facts = {
    serial: identity?.serial ?? '',
    server,
    registration: enrolmentOf(paths, identity?.serial)?.state ?? 'none',
    pairingCode: pairingCodeOf(paths, identity),
    lastSnapshot: '',
    total: 0,
    safe: 0,
    unfinished: [],
  };
  if (!existsSync(paths.journal)) return facts;
  mkdirSync(paths.own, { recursive: true, mode: 0o700 });
  using workplace = openStatePlace(context);
  await using state = await openState(workplace.context.paths.state);
  return {
    ...facts,
    ...(await countSafe(context, state)),
    lastSnapshot: state.confirmed?.snapshot ?? '',
    unfinished: await state.unfinishedRestores(),
  };
}

/** An entry is safe when the version in the Journal is the one in the confirmed snapshot. */
async function countSafe({ paths, signal }: Context, state: State) {
  const { unchanged, toRead, problems } = await scanJournal(paths, state.entries, () => 0n);
  const isSafe = (uid: Uid, digest: Digest | undefined) =>
    digest !== undefined && state.confirmed?.versions.get(uid) === digest;
  let safe = [...unchanged].filter(([uid, digest]) => isSafe(uid, digest)).length;
  for (const { entry } of toRead) {
    const known = state.entries.get(entry.uid);
    // Read within the racy window of its change, it may have changed again since: only reading tells.
    const isRacy = known?.signature === null && isSafe(entry.uid, known.digest);
    if (!isRacy) continue;
    const now = await tryReadVersion(entry, signal);
    if (isSafe(entry.uid, now?.digest)) safe += 1;
  }
  return { total: unchanged.size + toRead.length + problems.length, safe };
}

function pairingCodeOf(paths: Paths, identity: Identity | undefined): string {
  const enrolment = enrolmentOf(paths, identity?.serial);
  if (!identity || enrolment?.state !== 'pending') return '';
  try {
    const key = readFileSync(paths.publicKey, 'utf8');
    return pairingCode(identity.serial, enrolment.hostKey, key);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}
