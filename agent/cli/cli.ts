/**
 * `ds-backup`: the commands, their arguments, and the exit code of each outcome.
 */
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import type { Clock } from '../../shared/clock.ts';
import type { ConfigTree } from '../../shared/config.ts';
import { asDsError, DsError, describeForTerminal } from '../../shared/errors.ts';
import { createLog } from '../../shared/log.ts';
import { VERSION } from '../../shared/version.ts';
import { childEnvironment, defaultProfile, readConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { explainFull } from '../laptop-full.ts';
import { agentPaths } from '../paths.ts';
import { COMMANDS, HELP, type Outcome, SPECIAL_FLAGS } from './commands.ts';
import * as terminal from './terminal.ts';

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
  if (command === 'worker' || command === 'agent') return serve(command, options, values);
  checkArguments(command, rest, values);
  const shown =
    values.progress || (options.isTerminal && !values.json)
      ? terminal.runBar(options.stderr, () => options.clock.monotonicMs())
      : terminal.phaseLines(values.json ? () => {} : options.stderr);
  try {
    const onProgress: Context['onProgress'] = (progress) => shown.show(progress);
    const { text, json, exitCode } = await perform(command, rest, options, values, onProgress);
    shown.close();
    return print(stdout, values.json ? `${JSON.stringify(json)}\n` : text, exitCode);
  } finally {
    shown.close();
  }
}

async function perform(
  command: string,
  rest: string[],
  options: CliOptions,
  values: Values,
  onProgress: Context['onProgress'],
): Promise<Outcome> {
  const { wait = false, entry = '', search = '', of = '' } = values;
  if (values.direct || COMMANDS[command]?.here) {
    const { doDirectly } = await import('./direct.ts');
    const context = makeContext(options, values, onProgress);
    return doDirectly(command, context, { rest, wait, entry, search, of });
  }
  const { askAgent } = await import('./via-agent.ts');
  const { env, clock, stop } = options;
  const signal = stop.signal;
  return askAgent(command, { env, clock, signal, onProgress, rest, of, search, entry, wait });
}

/** The agent on the session bus, and the children that work for it. */
async function serve(command: 'agent' | 'worker', options: CliOptions, values: Values) {
  const { stdout: write, stderr, stdin: input, clock, stop, env, self } = options;
  if (command === 'worker') {
    const { runWorker } = await import('../worker/worker.ts');
    const makeOwn = (own: Partial<Context>) => ({
      ...makeContext(options, values, () => {}),
      ...own,
    });
    await runWorker({ input, write, clock, stop, makeContext: makeOwn });
    return 0;
  }
  const { runAgent } = await import('../bus/run.ts');
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
        direct: flag,
        of: text,
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

function checkArguments(command: string, rest: string[], values: Values): void {
  const known = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (!known) throw usage(`there is no command "${command}"`);
  if (rest.length !== known.takes.length) {
    throw usage(`"${command}" takes ${known.takes.join(' and ') || 'no argument'}`);
  }
  const odd = SPECIAL_FLAGS.find((flag) => {
    return values[flag] !== undefined && !known.flags?.includes(flag);
  });
  if (odd) throw usage(`"${command}" does not take --${odd}`);
  const own = FORWARDED.find((flag) => values[flag] !== undefined);
  if (own && !values.direct) {
    throw usage(`--${own} is for --direct: the agent has its settings in ds-backup/config.toml`);
  }
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
