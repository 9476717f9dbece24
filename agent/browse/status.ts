/**
 * What this laptop knows about its backup by itself, without asking the server.
 */
import { existsSync, lstatSync } from 'node:fs';
import type { Context } from '../context.ts';
import { enrolmentOf } from '../identity/enrolment.ts';
import { readIdentity } from '../identity/identity.ts';
import { findServer } from '../school/session.ts';
import { openState, type UnfinishedRestore } from '../state.ts';

export interface Status {
  serial: string | null;
  server: string;
  enrolment: 'none' | 'pending' | 'accepted';
  /** The newest snapshot the server confirmed to this laptop. */
  lastSnapshot: { name: string; sequence: number; entries: number } | null;
  /** ISO time of `ds-backup-done`, by the laptop's clock. */
  done: string | null;
  unfinishedRestores: UnfinishedRestore[];
}

export async function readStatus(context: Context): Promise<Status> {
  const { paths } = context;
  const { server } = await findServer(context);
  const serial = readIdentity(paths)?.serial;
  const done = lstatSync(paths.done, { throwIfNoEntry: false });
  const status: Status = {
    serial: serial ?? null,
    server,
    enrolment: enrolmentOf(paths, serial)?.state ?? 'none',
    lastSnapshot: null,
    done: done ? done.mtime.toISOString() : null,
    unfinishedRestores: [],
  };
  if (!existsSync(paths.state)) return status;
  await using state = await openState(paths.state);
  const { confirmed } = state;
  if (confirmed) {
    const { snapshot: name, sequence, versions } = confirmed;
    status.lastSnapshot = { name, sequence, entries: versions.size };
  }
  status.unfinishedRestores = await state.unfinishedRestores();
  return status;
}
