/**
 * The rsync operations of PROTOCOL.md, "Over SSH". The server builds its side of the command line by
 * itself, so no option here may change the protocol between the two.
 */
import { DsError } from '../../shared/errors.ts';
import type { Digest, Serial, Uid } from '../../shared/ids.ts';
import { ExitError, run } from '../../shared/system/run.ts';
import { type Context, FULL_HINT } from '../context.ts';
import { parseProgress2 } from '../progress.ts';
import type { Origin } from '../state.ts';
import { readBusy, ServerBusy } from './busy.ts';
import type { Connection } from './ssh.ts';

export interface Transferred {
  /** What went over the wire in the direction of the transfer, compressed, in bytes. */
  bytes: number;
  /** False when some files were not transferred; the caller finds out which. */
  whole: boolean;
}

/** rsync gives up after so many seconds without traffic; the server's side has the same limit. */
const TIMEOUT_SECONDS = 120;
/** rsync's exit codes for "some files were not transferred": errors of single files, and vanished. */
const PARTIAL = [23, 24];
const NO_ROOM = /No space left on device|Disk quota exceeded/i;
const READ_ONLY = /Read-only file system \(30\)/;

/** Sends a folder's files into `incoming/`. `onFraction` is told which part of its bytes has gone, 0…1. */
export async function sendFolder(
  context: Context,
  connection: Connection,
  folder: string,
  onFraction: (fraction: number) => void,
): Promise<Transferred> {
  const args = ['-trzI', '--zl=1', '--partial-dir=.part', ...common(context, connection)];
  const words = [...args, `${folder}/`, `${connection.host}:incoming`];
  return transfer(context, connection, 'send', words, { onFraction });
}

export async function sendCompletion(
  context: Context,
  connection: Connection,
  file: string,
  serial: Serial,
): Promise<void> {
  const words = ['-t', ...common(context, connection)];
  const target = `${connection.host}:completion/${serial}`;
  const { whole } = await transfer(context, connection, 'send', [...words, file, target], {});
  if (!whole) {
    throw new DsError('transfer', 'the completion file did not arrive', { retry: true });
  }
}

/** Where files are fetched from: a snapshot, or a pinned version. */
export type Source = Origin | { of: Serial | undefined; pin: { uid: Uid; digest: Digest } };

/**
 * Fetches files of a snapshot or a pin into a folder. Names that do not exist there are skipped.
 * `onFraction` is told which part of their bytes has come, 0…1.
 */
export async function fetchFiles(
  context: Context,
  connection: Connection,
  source: Source,
  names: readonly string[],
  folder: string,
  onFraction: (fraction: number) => void,
): Promise<Transferred> {
  const words = fetchWords(context, connection, source, folder, '-tzS');
  return transfer(context, connection, 'fetch', words, {
    input: `${names.join('\0')}\0`,
    onFraction,
  });
}

/**
 * Fetches one file so that it can be read while it grows: under its own name, from its beginning on.
 * `onBytes` is told how many bytes have come.
 */
export async function fetchGrowing(
  context: Context,
  connection: Connection,
  source: Source,
  name: string,
  folder: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  // An older rsync refuses --inplace together with -S.
  const options = ['-tz', '--inplace'];
  const words = fetchWords(context, connection, source, folder, ...options);
  await transfer(context, connection, 'fetch', words, { input: `${name}\0`, onBytes });
}

function fetchWords(
  context: Context,
  connection: Connection,
  source: Source,
  folder: string,
  ...options: readonly string[]
): string[] {
  const args = [...options, '--files-from=-', '--from0', ...common(context, connection)];
  return [...args, `${connection.host}:${placeOf(source)}`, `${folder}/`];
}

function placeOf(source: Source): string {
  const owner = source.of === undefined ? '' : `laptops/${source.of}/`;
  if ('snapshot' in source) return `${owner}snapshots/${source.snapshot}/`;
  return `${owner}pinned/${source.pin.uid}/${source.pin.digest}/`;
}

function common({ config }: Context, connection: Connection): string[] {
  const limit = config.bandwidth > 0 ? [`--bwlimit=${config.bandwidth}`] : [];
  const shown = ['--no-i-r', '--no-h', '--info=progress2', '--stats'];
  return [`--timeout=${TIMEOUT_SECONDS}`, ...shown, ...limit, '-e', connection.remoteShell];
}

type Direction = 'send' | 'fetch';

interface TransferOptions {
  input?: string;
  onFraction?: (fraction: number) => void;
  onBytes?: (bytes: number) => void;
}

async function transfer(
  { env, signal }: Context,
  connection: Connection,
  direction: Direction,
  args: readonly string[],
  { input, onFraction, onBytes }: TransferOptions,
): Promise<Transferred> {
  const figure = direction === 'send' ? 'sent' : 'received';
  let bytes = 0;
  const onLine = (line: string) => {
    const progress = parseProgress2(line);
    if (progress) onFraction?.(progress.percent / 100);
    if (progress) onBytes?.(progress.bytes);
    const total = new RegExp(`^Total bytes ${figure}: ([\\d,.]+)$`).exec(line)?.[1];
    if (total) bytes = Number(total.replace(/[,.]/g, ''));
  };
  await connection.ready();
  try {
    const options = { env, signal, onLine, ...(input !== undefined && { input }) };
    await run('rsync', args, options);
    return { bytes, whole: true };
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    const explained = explainRsync(error.exitCode, error.stderr, direction);
    if (explained === 'partial') return { bytes, whole: false };
    throw (explained.code === 'transfer' && (await connection.failure())) || explained;
  }
}

/** The lease has ended or the service was restarted: that is a reason to wait, not to give up. */
function explainRefusal(reason: string): DsError {
  const [, why, seconds] = /^([a-z-]+), come back in (\d{1,6}) seconds$/.exec(reason) ?? [];
  if (why) return new ServerBusy(readBusy({ 'retry-after': seconds, 'x-backup-reason': why }));
  if (reason === 'the service does not answer') {
    return new DsError('server-unreachable', 'the service of the school server does not answer', {
      hint: 'the next run goes on where this one stopped',
      retry: true,
    });
  }
  return new DsError('server-refused', `the school server refuses: ${reason}`);
}

/** The meaning of rsync's exit code and stderr. */
export function explainRsync(
  exitCode: number | null,
  stderr: string,
  direction: Direction,
): DsError | 'partial' {
  if (NO_ROOM.test(stderr)) {
    return direction === 'send'
      ? new DsError('server-full', 'the disk of the school server is full', {
          hint: 'a teacher has to make room on the server; nothing that was safe is lost',
        })
      : new DsError('laptop-full', 'the disk of this laptop is full', { hint: FULL_HINT });
  }
  if (direction === 'send' && READ_ONLY.test(stderr)) {
    return new DsError('server-trouble', 'the disk of the school server has become read-only', {
      hint: 'tell a teacher; nothing that was safe is lost',
    });
  }
  if (exitCode !== null && PARTIAL.includes(exitCode)) return 'partial';
  const refused = /ds-backup: refused: (.*)/.exec(stderr)?.[1];
  if (refused) return explainRefusal(refused);
  const last = stderr.trim().split('\n').slice(-2).join(' | ');
  return new DsError(
    'transfer',
    `the transfer was interrupted: ${last || `exit code ${exitCode}`}`,
    {
      hint: 'the next run goes on where this one stopped',
      retry: true,
    },
  );
}
