/**
 * What this laptop knows about its backup without asking the server, for those who watch the agent.
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
import { openState, type UnfinishedRestore } from '../state.ts';

export interface Facts {
  serial: string;
  server: string;
  registration: 'none' | 'pending' | 'accepted';
  /** Four digits while a teacher has to say yes; else empty. */
  pairingCode: string;
  /** The newest snapshot that the server confirmed; empty for none. */
  lastSnapshot: string;
  /** Entries of the Journal, and those that are at school as they are now. */
  total: number;
  safe: number;
  unfinished: UnfinishedRestore[];
}

/** Reads the Journal's folders and the agent's memory. */
export async function readFacts(context: Context): Promise<Facts> {
  const { paths } = context;
  const identity = readIdentity(paths);
  const { server } = await findServer(context);
  const facts: Facts = {
    serial: identity?.serial ?? '',
    server,
    registration: enrolmentOf(paths, identity?.serial)?.state ?? 'none',
    pairingCode: codeOf(paths, identity),
    lastSnapshot: '',
    total: 0,
    safe: 0,
    unfinished: [],
  };
  if (!existsSync(paths.journal)) return facts;
  mkdirSync(paths.own, { recursive: true, mode: 0o700 });
  await using state = await openState(paths.state);
  const { unchanged, toRead, problems } = await scanJournal(paths, state.entries, () => 0n);
  const { confirmed } = state;
  const isSafe = (uid: Uid, digest: Digest | undefined) =>
    digest !== undefined && confirmed?.versions.get(uid) === digest;
  let safe = [...unchanged].filter(([uid, digest]) => isSafe(uid, digest)).length;
  for (const { entry } of toRead) {
    const known = state.entries.get(entry.uid);
    // Read within two seconds of its change, it may have changed again since: only reading tells.
    const isFresh = known?.signature === null && isSafe(entry.uid, known.digest);
    if (!isFresh) continue;
    const now = await tryReadVersion(entry, context.signal);
    if (isSafe(entry.uid, now?.digest)) safe += 1;
  }
  return {
    ...facts,
    lastSnapshot: confirmed?.snapshot ?? '',
    total: unchanged.size + toRead.length + problems.length,
    safe,
    unfinished: await state.unfinishedRestores(),
  };
}

function codeOf(paths: Paths, identity: Identity | undefined): string {
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
