/**
 * `xs-backup`: serves laptops, and runs the commands of the admin at the terminal. A command that needs
 * the library runs in the service while that is running, and in this process otherwise.
 */
import { lstatSync } from 'node:fs';
import { realClock } from '../shared/clock.ts';
import { DsError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { progressBar } from '../shared/words/progress-bar.ts';
import { lookFromOutside } from './admin/outside.ts';
import { type Flags, NEEDS_ATTENTION, type Step, withHelp } from './commands/command.ts';
import { type CommandLine, parseCommandLine } from './commands/command-line.ts';
import {
  askService,
  type CommandRequest,
  isServing,
  runCommand,
} from './commands/service-socket.ts';
import { FROM_OUTSIDE } from './commands/status.ts';
import { COMMANDS, LOCAL_COMMANDS } from './commands/table.ts';
import { type Config, readConfig } from './config.ts';
import { openLibrary } from './library.ts';
import type { PageFiles } from './pages/site.ts';
import { startService } from './service.ts';
import { checkGroup, sessionAccount } from './ssh/account.ts';
import { guardAgainstStall } from './stall-guard.ts';
import type { StickParts } from './stick/contents.ts';
import type { Ownership } from './storage/ownership.ts';

export interface CliOptions {
  args: string[];
  /** The user and group ids of this process. */
  uid: number;
  gid: number;
  env: NodeJS.ProcessEnv;
  /** Path of the session script. */
  sessionScript: string;
  pageFiles: PageFiles;
  stickParts: StickParts;
  log: Log;
  print: (text: string) => void;
  /** Draws the progress bar; undefined where there is no terminal. */
  drawBar: ((text: string) => void) | undefined;
  /** Reads one line without echoing it. */
  ask: (question: string) => Promise<string>;
  /** Stops the service, or cancels the command. */
  signal: AbortSignal;
  /** Descriptors of listening sockets that systemd opened for the service. */
  inherited: readonly number[];
}

/** Runs one command; returns its exit code. Throws DsErrors; `usage` means exit code 2. */
export async function runCli(options: CliOptions): Promise<number> {
  const line = parseCommandLine(options.args);
  switch (line.type) {
    case 'text':
      options.print(line.text);
      return 0;
    case 'serve':
      return serve(options, readConfig(line.place.configFile, line.place.settings));
    case 'command':
      return runOne(options, line, readConfig(line.place.configFile, line.place.settings));
    default:
      return line satisfies never;
  }
}

async function runOne(
  options: CliOptions,
  { command, args, flags }: CommandLine & { type: 'command' },
  config: Config,
): Promise<number> {
  const local = Object.hasOwn(LOCAL_COMMANDS, command) ? LOCAL_COMMANDS[command] : undefined;
  using shown = withBar(options, flags);
  const explain = (error: unknown) => {
    throw withHelp(error, command);
  };
  if (local) {
    const open = () => openHere(options, config);
    const checkUser = () => void ownershipOf(options, config);
    const performs = (name: string, words: readonly string[]) =>
      perform({ ...options, ...shown }, config, { command: name, args: [...words], flags: {} });
    const context = {
      ...options,
      ...shown,
      command: performs,
      ...{ paths: config, config, args, flags, open, checkUser },
    };
    const exitCode = await local.run(context).catch(explain);
    return typeof exitCode === 'number' ? exitCode : 0;
  }
  const question = COMMANDS[command]?.asks?.(args);
  const secret = question === undefined ? undefined : await options.ask(question);
  const request = { command, args, flags, ...(secret !== undefined && { secret }) };
  return await perform({ ...options, ...shown }, config, request);
}

interface Shown extends Disposable {
  print: (text: string) => void;
  progress: (step: Step) => void;
}

/** Printed text with a progress bar below it; no bar with `--json`. */
function withBar({ print, drawBar }: CliOptions, { json }: Flags): Shown {
  if (!drawBar || json) return { print, progress: () => {}, [Symbol.dispose]: () => {} };
  const bar = progressBar(drawBar, realClock.monotonicMs);
  return {
    print: (text) => {
      bar.clear();
      print(text);
    },
    progress: ({ done, of, text }) =>
      bar.show({ share: of > 0 ? done / of : 0, text: `${done}/${of} ${text}`, phase: '' }),
    [Symbol.dispose]: () => bar.clear(),
  };
}

/** A loop that stood still for so long answers nobody any more, in milliseconds. */
const STALL_LIMIT_MS = 120_000;

async function serve(options: CliOptions, config: Config): Promise<number> {
  const { env, log, sessionScript, pageFiles, stickParts, signal, inherited } = options;
  const ownership = ownershipOf(options, config);
  await using _guard = guardAgainstStall(STALL_LIMIT_MS);
  await using service = await startService({
    ...{ config, ownership, sessionScript, pageFiles, stickParts, log, env, inherited },
    clock: realClock,
  }).catch(explainBusy);
  log.info('serving', {
    httpPort: service.httpPort,
    sshPort: service.sshPort,
    library: config.library,
  });
  const stopped = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
    if (signal.aborted) resolve(undefined);
  });
  const failure = await Promise.race([stopped, service.failed]);
  log.info('stopping');
  if (failure) throw failure;
  return 0;
}

/** One library has one master. */
function explainBusy(cause: unknown): never {
  if (!(cause instanceof DsError) || cause.code !== 'busy') throw cause;
  throw new DsError('busy', 'another "xs-backup serve", or a command, is at work in this library', {
    hint: '"systemctl status xs-backup" shows the service; "xs-backup status" asks the one that runs',
    retry: true,
    cause,
  });
}

/**
 * Who asks how the server is, is told within ten seconds that it hangs: it says that it is at work every two, and
 * looking from outside takes four. In milliseconds.
 */
const SILENT_MS = 5000;

async function perform(
  options: CliOptions & Pick<Shown, 'progress'>,
  config: Config,
  request: CommandRequest,
) {
  const { print, progress, signal } = options;
  if (await isServing(config)) {
    const told = FROM_OUTSIDE[request.command];
    if (!told) return askService(config, request, print, signal, progress);
    const asked = askService(config, request, print, signal, progress, SILENT_MS);
    return asked.catch(async (error: unknown) => {
      if (!(error instanceof DsError) || error.code !== 'server-unreachable') throw error;
      const seen = await lookFromOutside(config);
      print(request.flags.json ? `${JSON.stringify(seen)}\n` : `${told(seen).join('\n')}\n`);
      return NEEDS_ATTENTION;
    });
  }
  await using library = await openHere(options, config);
  return await runCommand(library, request, print, signal, progress);
}

/** The library, in this process. Throws `busy` while another one has it. */
async function openHere(options: CliOptions, config: Config) {
  const { env, log } = options;
  const ownership = ownershipOf(options, config);
  const open = openLibrary({ ...{ config, ownership, clock: realClock, log, env } });
  const library = await open.catch(explainBusy);
  try {
    checkGroup(library.paths, ownership, library.serials());
  } catch (error) {
    library.faults.note('rights', error);
  }
  return library;
}

/** Root never runs sessions as root; any other user runs them as itself. */
function ownershipOf({ uid, gid }: CliOptions, config: Config): Ownership {
  if (uid !== 0) return { ownUid: uid, sessionUid: uid, sessionGid: gid };
  const account = sessionAccount(config.ssh.user, config.ssh.uid);
  for (const path of [config.library, config.state]) checkOwner(path);
  return { ownUid: 0, sessionUid: account.uid, sessionGid: account.gid };
}

/** Root would make itself the owner, and the service that runs as another user could not go on. */
function checkOwner(path: string): void {
  const owner = lstatSync(path, { throwIfNoEntry: false })?.uid ?? 0;
  if (owner === 0) return;
  throw new DsError('config', `${path} belongs to the user with the id ${owner}, not to root`, {
    hint: `run it as that user: setpriv --reuid ${owner} --regid ${owner} --clear-groups xs-backup …; or give it to root, if root shall run the service: chown root ${path}`,
  });
}
