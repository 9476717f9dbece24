/**
 * A day at school as a volume in the Journal, from the list to the end: mounted only when the whole list is in
 * memory, served until Sugar removes it, nobody has used it for a while, or it is stopped. Leaves no mount.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DsError } from '../../shared/errors.ts';
import type { Serial, SnapshotName } from '../../shared/ids.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import type { Context } from '../context.ts';
import { emptyFolder } from '../profile.ts';
import { newestSnapshot } from '../restore/wanted.ts';
import { openSession } from '../school/session.ts';
import { SharedSession } from '../school/shared-session.ts';
import { childsWords } from '../words.ts';
import { prepareProfile } from '../workplace.ts';
import type { LeftOut } from './arrived.ts';
import { Contents } from './contents.ts';
import { fetchDay } from './fetch-day.ts';
import { LastUse } from './last-use.ts';
import { canMount, makeMountPoint, mount, removeMountPoint, unmount } from './mount.ts';
import { SftpServer } from './sftp-server.ts';

/** What happens to a volume, for the agent. */
export type VolumeNews =
  /** From now on somebody may wait for it: sshfs, the process `pid`, is about to mount it. */
  | { type: 'mounting'; folder: string; pid: number }
  /** It is mounted; by the process `pid` of sshfs. */
  | {
      type: 'open';
      folder: string;
      pid: number;
      entries: number;
      leftOut: LeftOut;
      snapshot: string;
    }
  /** Said again and again from then on: whoever serves it answers. `isReading`: a content is open. */
  | { type: 'alive'; isReading: boolean }
  /** A content could not be read: a copy of it has broken off. */
  | { type: 'broken' };

/** Why it ended by itself: removed in the Journal, or not used any more. */
export type VolumeEnd = 'removed' | 'idle';

export interface VolumeOptions {
  /** Without a snapshot, the newest. */
  origin: { of: Serial | undefined; snapshot: SnapshotName | undefined };
  tell: (news: VolumeNews) => void;
  /** Without a request for so long it ends, in milliseconds. */
  idleMs?: number;
}

const IDLE_MS = 10 * 60_000;
/** How often it says that it is alive, in milliseconds. */
export const ALIVE_MS = 200;

/** Serves until it ends by itself. Throws the signal's reason, and why it could not be opened. */
export async function serveVolume(
  context: Context,
  { origin: { of, snapshot: wanted }, tell, idleMs = IDLE_MS }: VolumeOptions,
): Promise<VolumeEnd> {
  const { env, paths } = context;
  if (!canMount(env)) {
    throw new DsError('missing-tool', 'this laptop cannot show a day in the Journal', {
      hint: 'install the Debian package sshfs',
    });
  }
  using _room = prepareProfile(context, 'own-room');
  await using session = new SharedSession(context, {
    idleMs,
    open: (own) => openSession(own, { purpose: 'restore', wait: false }),
  });
  const { origin, day } = await session.ask(async (open) => {
    const origin = { of, snapshot: wanted ?? (await newestSnapshot(open, of)) };
    return { origin, day: await fetchDay(context, open, origin, join(paths.volume, 'list')) };
  });
  const { tree, leftOut } = day;
  giveBack();
  const folder = join(paths.volume, 'content');
  emptyFolder(folder);
  const onBroken = () => tell({ type: 'broken' });
  using contents = new Contents({ context, session, origin, folder, onBroken });
  writeFileDurably(paths.copies, '');
  using use = new LastUse(context, idleMs);
  const place = makeMountPoint(env.HOME ?? '', volumeName(env), paths.mountPoint);
  let alive: NodeJS.Timeout | undefined;
  try {
    const mounted = await mount(place, env, ({ input, output, pid }) => {
      tell({ type: 'mounting', folder: place, pid });
      alive = setInterval(() => {
        tell({ type: 'alive', isReading: contents.isUsed });
      }, ALIVE_MS);
      const openContent = contents.open.bind(contents);
      new SftpServer({ input, output, tree, openContent, onRequest: () => use.note() });
    });
    const { pid } = mounted;
    const { snapshot } = origin;
    tell({ type: 'open', folder: place, pid, entries: tree.entries, leftOut, snapshot });
    try {
      return await Promise.race([mounted.ended.then(() => 'removed' as const), use.end]);
    } finally {
      await unmount(mounted, env);
    }
  } finally {
    clearInterval(alive);
    removeMountPoint(paths.mountPoint);
    rmSync(paths.volume, { recursive: true, force: true });
  }
}

/** Collects what only the list's way here needed: the volume may stay for hours. */
function giveBack(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** What the Journal calls it, in the child's language. */
function volumeName(env: NodeJS.ProcessEnv): string {
  const { _ } = childsWords(env);
  return _('School').replace(/[/\0]/g, ' ');
}
