/**
 * `ds-backup`: the commands, their arguments, and the exit code of each outcome.
 */
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import type { Clock } from '../shared/clock.ts';
import type { ConfigTree } from '../shared/config.ts';
import { asDsError, DsError, describeForTerminal } from '../shared/errors.ts';
import { parseSnapshotName, parseUid, type SnapshotName } from '../shared/ids.ts';
import { createLog } from '../shared/log.ts';
import { VERSION } from '../shared/version.ts';
import { childEnvironment, defaultProfile, readConfig } from './config.ts';
import type { Context } from './context.ts';
import { explainFull } from './full.ts';
import { agentPaths } from './paths.ts';
import * as terminal from './terminal.ts';

export const HELP = `ds-backup: keeps this laptop's Journal on the school server

  ds-backup now                        back up now
  ds-backup snapshots                  what the school keeps, newest first
  ds-backup entries SNAPSHOT|latest    what is in a snapshot
      --search TEXT                    only entries with TEXT in their title
  ds-backup restore SNAPSHOT|latest    bring everything back that is not here
      --entry UID                      only this entry
  ds-backup pins                       what the school keeps until it is unpinned
  ds-backup pin UID SNAPSHOT|latest    keep an entry as it is there
  ds-backup unpin UID                  leave it to the ordinary rules again
  ds-backup status                     what this laptop knows by itself
  ds-backup agent                      serve this session's programs until nothing is left to do
  ds-backup --help | --version

  --json           print one JSON object
  --progress       draw a progress bar, also where stderr is no terminal
  --wait           if the server is busy, come back when it says
  --server URL     the school server (default: the one Sugar is registered with)
  --registration URL   where to register (default: the same host, port 8080)
  --bandwidth KIB  at most so many KiB a second
  --profile DIR    Sugar's profile folder (default: ~/.sugar/default)

A restore only adds: what is in the Journal stays, an older version comes beside it.

exit code: 0 done, 1 failed (also: some entries could not be restored), 2 wrong arguments,
75 try again later (busy, no answer, connection lost), 77 a teacher is needed
`;

export interface CliOptions {
  args: string[];
  env: NodeJS.ProcessEnv;
  clock: Clock;
  stdout: (text: string) => void;
  stderr: (text: string) => void;
  /** Whether a person looks at stderr. */
  isTerminal: boolean;
  stdin: Readable;
  /** Stops everything; its reason is a DsError `cancelled`. */
  stop: AbortController;
  /** What starts this program again: for the agent's workers. */
  self: readonly string[];
}

/** Exit codes as in sysexits.h: EX_TEMPFAIL and EX_NOPERM. */
const TRY_LATER = 75;
const TEACHER = 77;

export function exitCodeOf(error: DsError): number {
  switch (error.code) {
    case 'usage':
      return 2;
    case 'busy':
    case 'server-busy':
    case 'server-unreachable':
    case 'transfer':
      return TRY_LATER;
    case 'pending-approval':
    case 'not-registered':
    case 'untrusted-server':
      return TEACHER;
    default:
      return 1;
  }
}

/** Runs one command, prints its outcome, and returns the exit code. Throws nothing. */
export async function runCli(options: CliOptions): Promise<number> {
  try {
    return await runCommand(options);
  } catch (cause) {
    const error = options.stop.signal.aborted
      ? asDsError(options.stop.signal.reason)
      : explainFull(cause);
    options.stderr(`${describeForTerminal(error)}\n`);
    return exitCodeOf(error);
  }
}

async function runCommand(options: CliOptions): Promise<number> {
  const { values, positionals } = parse(options.args);
  const { stdout } = options;
  if (values.help) return print(stdout, HELP);
  if (values.version) return print(stdout, `ds-backup ${VERSION}\n`);
  const [command, ...rest] = positionals;
  if (!command) throw usage('a command is needed');
  checkArguments(command, rest, values);
  if (command === 'agent' || command === 'worker') return serve(command, options, values);
  const shown =
    values.progress || (options.isTerminal && !values.json)
      ? terminal.progressBar(options.stderr, () => options.clock.monotonicMs())
      : terminal.phaseLines(values.json ? () => {} : options.stderr);
  const context = makeContext(options, values, (progress) => shown.show(progress));
  try {
    const { text, json, exitCode } = await perform(command, rest, values, context);
    shown.close();
    return print(stdout, values.json ? `${JSON.stringify(json)}\n` : text, exitCode);
  } finally {
    shown.close();
  }
}

/** The agent on the session bus, and the children that work for it. */
async function serve(command: 'agent' | 'worker', options: CliOptions, values: Values) {
  const { stdout: write, stderr, stdin: input, clock, stop, env, self } = options;
  if (command === 'worker') {
    const { runWorker } = await import('./worker.ts');
    const makeOwn = (own: Partial<Context>) => ({
      ...makeContext(options, values, () => {}),
      ...own,
    });
    await runWorker({ input, write, clock, stop, makeContext: makeOwn });
    return 0;
  }
  const { runAgent } = await import('./service/run.ts');
  const { paths, config } = makeContext(options, values, () => {});
  const flags = FORWARDED.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
  await runAgent({
    ...{ paths, env, clock, signal: stop.signal, random: Math.random, log: createLog(stderr) },
    program: { command: [...self, 'worker', ...flags], env },
    spreadMs: config.spreadSeconds * 1000,
  });
  return 0;
}

/** What the agent's workers have to know as well. */
const FORWARDED = ['profile', 'server', 'registration', 'bandwidth'] as const;

interface Outcome {
  text: string;
  json: object;
  exitCode?: number;
}

/** Only what a command needs is loaded. */
async function perform(
  command: string,
  rest: string[],
  values: Values,
  context: Context,
): Promise<Outcome> {
  const wait = values.wait ?? false;
  switch (command) {
    case 'now': {
      const { backUp } = await import('./backup.ts');
      const done = await backUp(context, wait);
      return { text: terminal.formatBackup(done), json: done };
    }
    case 'restore': {
      const { restore } = await import('./restore.ts');
      const entry = values.entry === undefined ? undefined : parseUid(values.entry);
      const done = await restore(context, { snapshot: parseSnapshot(rest[0]), entry, wait });
      const exitCode = done.problems.length > 0 ? 1 : 0;
      return { text: terminal.formatRestore(done), json: done, exitCode };
    }
    case 'snapshots': {
      const { listSnapshots } = await import('./browse.ts');
      const snapshots = await listSnapshots(context);
      return { text: terminal.formatSnapshots(snapshots), json: { snapshots } };
    }
    case 'entries': {
      const { listEntries } = await import('./browse.ts');
      const list = await listEntries(context, parseSnapshot(rest[0]), values.search ?? '');
      return { text: terminal.formatEntries(list), json: list };
    }
    case 'pins':
    case 'pin':
    case 'unpin': {
      const { listPins, pinEntry, unpinEntry } = await import('./pins.ts');
      const pins =
        command === 'pins'
          ? await listPins(context)
          : command === 'pin'
            ? await pinEntry(context, parseUid(rest[0]), parseSnapshot(rest[1]))
            : await unpinEntry(context, parseUid(rest[0]));
      return { text: terminal.formatPins(pins), json: pins };
    }
    default: {
      const { readStatus } = await import('./status.ts');
      const status = await readStatus(context);
      return { text: terminal.formatStatus(status), json: status };
    }
  }
}

type Values = ReturnType<typeof parse>['values'];

function parse(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { ...flag, short: 'h' },
        version: flag,
        json: flag,
        progress: flag,
        wait: flag,
        entry: text,
        search: text,
        server: text,
        registration: text,
        bandwidth: text,
        profile: text,
      },
    });
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message.split('\n')[0] : String(cause), cause);
  }
}

/** Command → the arguments it takes, and which flags besides the general ones. */
const COMMANDS: Record<string, { takes: readonly string[]; flags: readonly (keyof Values)[] }> = {
  now: { takes: [], flags: ['wait'] },
  snapshots: { takes: [], flags: [] },
  entries: { takes: ['a snapshot or "latest"'], flags: ['search'] },
  restore: { takes: ['a snapshot or "latest"'], flags: ['entry', 'wait'] },
  pins: { takes: [], flags: [] },
  pin: { takes: ['the uid of an entry', 'a snapshot or "latest"'], flags: [] },
  unpin: { takes: ['the uid of an entry'], flags: [] },
  status: { takes: [], flags: [] },
  agent: { takes: [], flags: [] },
  worker: { takes: [], flags: [] },
};
const SPECIAL: readonly (keyof Values)[] = ['wait', 'entry', 'search'];

function checkArguments(command: string, rest: string[], values: Values): void {
  const known = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (!known) throw usage(`there is no command "${command}"`);
  if (rest.length !== known.takes.length) {
    throw usage(`"${command}" takes ${known.takes.join(' and ') || 'no argument'}`);
  }
  const odd = SPECIAL.find((flag) => values[flag] !== undefined && !known.flags.includes(flag));
  if (odd) throw usage(`"${command}" does not take --${odd}`);
}

function makeContext(
  { env, clock, stop: { signal }, stderr }: CliOptions,
  values: Values,
  onProgress: Context['onProgress'],
): Context {
  const paths = agentPaths(values.profile ?? defaultProfile(env));
  const flags: ConfigTree = {};
  if (values.server !== undefined) flags.server = values.server;
  if (values.registration !== undefined) flags.registration = values.registration;
  if (values.bandwidth !== undefined) flags.bandwidth = parseWhole('bandwidth', values.bandwidth);
  return {
    config: readConfig(paths, flags),
    paths,
    env: childEnvironment(env),
    clock,
    signal,
    onProgress,
    warn: (text) => stderr(`warning: ${text}\n`),
  };
}

function parseSnapshot(text: string | undefined): SnapshotName | undefined {
  return text === 'latest' ? undefined : parseSnapshotName(text);
}

function parseWhole(name: string, text: string): number {
  if (/^\d{1,8}$/.test(text)) return Number(text);
  throw usage(`--${name} must be a whole number`);
}

function usage(message: string | undefined, cause?: unknown): DsError {
  return new DsError('usage', message ?? 'wrong arguments', { hint: 'ds-backup --help', cause });
}

function print(stdout: (text: string) => void, text: string, exitCode = 0): number {
  stdout(text);
  return exitCode;
}
