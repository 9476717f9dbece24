/**
 * Runs one `ds-backup` command: reads its arguments, prints its outcome, returns its exit code.
 */
import type { Clock } from '../../shared/clock.ts';
import type { ConfigTree } from '../../shared/config.ts';
import { asDsError, DsError, describeForTerminal, type ErrorCode } from '../../shared/errors.ts';
import { createLog } from '../../shared/log.ts';
import { childEnvironment, defaultProfile, readConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { explainDatastore, explainFull } from '../laptop-full.ts';
import { agentPaths } from '../paths.ts';
import { freeBytes } from '../profile.ts';
import { becomeOwner } from '../profile-owner.ts';
import type { ParentPort } from '../worker/protocol.ts';
import { type Invocation, type OptionValues, parseArguments } from './arguments.ts';
import { EXIT, SETTINGS } from './commands.ts';
import type { Outcome } from './shared-commands.ts';
import * as terminal from './terminal.ts';

export interface CliOptions {
  args: string[];
  env: NodeJS.ProcessEnv;
  clock: Clock;
  stdout: (text: string) => void;
  stderr: (text: string) => void;
  /** Whether stderr is a terminal. */
  isTerminal: boolean;
  /** The channel to the agent; a worker needs it. */
  parent: ParentPort;
  /** Stops everything; its reason is a DsError `cancelled`. */
  stop: AbortController;
  /** What starts this program again, for the agent's workers. */
  self: readonly string[];
}

const EXIT_OF: Readonly<Record<ErrorCode, number>> = {
  usage: EXIT.usage,
  busy: EXIT.tryLater,
  'server-busy': EXIT.tryLater,
  'server-unreachable': EXIT.tryLater,
  transfer: EXIT.tryLater,
  'pending-approval': EXIT.teacher,
  'not-registered': EXIT.teacher,
  'untrusted-server': EXIT.teacher,
  'key-taken': EXIT.failed,
  'server-trouble': EXIT.failed,
  'server-full': EXIT.failed,
  'server-refused': EXIT.failed,
  'over-quota': EXIT.failed,
  'only-copy': EXIT.failed,
  'not-found': EXIT.failed,
  'bad-id': EXIT.failed,
  'bad-input': EXIT.failed,
  'laptop-full': EXIT.failed,
  'laptop-read-only': EXIT.failed,
  'program-failed': EXIT.failed,
  'missing-tool': EXIT.failed,
  damaged: EXIT.failed,
  unreadable: EXIT.failed,
  datastore: EXIT.failed,
  battery: EXIT.failed,
  config: EXIT.failed,
  cancelled: EXIT.failed,
  internal: EXIT.failed,
};

export function exitCodeOf(error: DsError): number {
  // A newer agent may have other codes.
  return EXIT_OF[error.code] ?? EXIT.failed;
}

/** Runs one command, prints its outcome, and returns the exit code. Throws nothing. */
export async function runCli(options: CliOptions): Promise<number> {
  try {
    const parsed = parseArguments(options.args);
    if (parsed.type === 'command') return await runCommand(options, parsed);
    options.stdout(parsed.text);
    return EXIT.done;
  } catch (cause) {
    const { signal } = options.stop;
    const error = signal.aborted ? asDsError(signal.reason) : explainFull(cause);
    options.stderr(`${describeForTerminal(error)}\n`);
    return exitCodeOf(error);
  }
}

async function runCommand(given: CliOptions, invocation: Invocation): Promise<number> {
  const { command, options: values } = invocation;
  const profile = values.profile ?? defaultProfile(given.env);
  const options = { ...given, env: becomeOwner(profile, given.env) };
  if (command === 'worker') return serveAsWorker(options, values);
  if (command === 'agent') return serveAsAgent(options, values);
  const { stdout, stderr, clock, isTerminal } = options;
  const display =
    values.progress || (isTerminal && !values.json)
      ? terminal.progressDisplay(stderr, () => clock.monotonicMs())
      : terminal.phaseLines(values.json ? () => {} : stderr);
  try {
    const onProgress: Context['onProgress'] = (progress) => display.show(progress);
    const { text, json, exitCode = EXIT.done } = await perform(options, invocation, onProgress);
    display.close();
    stdout(values.json ? `${JSON.stringify(json)}\n` : text);
    return exitCode;
  } finally {
    display.close();
  }
}

/** Loads only what the command needs, and runs it. */
async function perform(
  options: CliOptions,
  { command, arguments: args, options: values }: Invocation,
  onProgress: Context['onProgress'],
): Promise<Outcome> {
  const { direct = false, wait = false } = values;
  if (command === 'forget-server') {
    const { forgetSchoolServer } = await import('./forget-server.ts');
    return forgetSchoolServer(makeContext(options, values, onProgress));
  }
  if (command === 'confirm-server') {
    const { confirmSchoolServer } = await import('./forget-server.ts');
    return confirmSchoolServer(makeContext(options, values, onProgress), args[0] ?? '');
  }
  if (command === 'bring') {
    const { bringTakeaway } = await import('./bring.ts');
    const context = makeContext(options, values, onProgress);
    return bringTakeaway(context, args[0] ?? '', values.removed ?? false);
  }
  const { SHARED_COMMANDS } = await import('./shared-commands.ts');
  if (direct && isNameIn(SHARED_COMMANDS, command)) {
    const { DirectBackend } = await import('./direct.ts');
    const context = makeContext(options, values, onProgress);
    await using backend = await DirectBackend.open(context, wait);
    return await SHARED_COMMANDS[command](backend, args, values).catch((cause: unknown) => {
      throw explainDatastore(cause, () => freeBytes(context.paths.profile));
    });
  }
  const { AgentClient } = await import('./agent-client.ts');
  const { env, clock, stop } = options;
  const context = { env, clock, signal: stop.signal, onProgress };
  await using agent = await AgentClient.open(context, wait);
  if (isNameIn(SHARED_COMMANDS, command))
    return await SHARED_COMMANDS[command](agent, args, values);
  const { AGENT_COMMANDS } = await import('./agent-commands.ts');
  return await AGENT_COMMANDS[command as keyof typeof AGENT_COMMANDS](agent, args, values);
}

function isNameIn<T extends object>(table: T, name: string): name is keyof T & string {
  return Object.hasOwn(table, name);
}

async function serveAsWorker(options: CliOptions, values: OptionValues): Promise<number> {
  const { runWorker } = await import('../worker/worker.ts');
  const { parent, clock, stop } = options;
  const makeOwn = (own: Partial<Context>) => ({
    ...makeContext(options, values, () => {}),
    ...own,
  });
  await runWorker({ parent, clock, stop, makeContext: makeOwn });
  return EXIT.done;
}

async function serveAsAgent(options: CliOptions, values: OptionValues): Promise<number> {
  const { runAgent } = await import('../bus/run.ts');
  const { stderr, clock, stop, env, self } = options;
  const { paths, config } = makeContext(options, values, () => {});
  const forwarded = SETTINGS.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
  await runAgent({
    ...{ paths, env, clock, signal: stop.signal, random: Math.random, log: createLog(stderr) },
    program: { command: [...self, 'worker', ...forwarded], env },
    spreadMs: config.spreadSeconds * 1000,
  });
  return EXIT.done;
}

function makeContext(
  { env, clock, stop: { signal }, stderr }: CliOptions,
  { profile, server, registration, bandwidth }: OptionValues,
  onProgress: Context['onProgress'],
): Context {
  const paths = agentPaths(profile ?? defaultProfile(env));
  const flags: ConfigTree = {
    ...(server !== undefined && { server }),
    ...(registration !== undefined && { registration }),
    ...(bandwidth !== undefined && { bandwidth: parseWhole('bandwidth', bandwidth) }),
  };
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
  throw new DsError('usage', `--${name} must be a whole number`, { hint: 'ds-backup --help' });
}
