/**
 * `xs-backup`: serve laptops, and what an admin asks for at the terminal. A command that needs the
 * library is done by the service when it is running, and here when it is not.
 */
import { parseArgs } from 'node:util';
import { realClock } from '../shared/clock.ts';
import type { ConfigTree } from '../shared/config.ts';
import { DsError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { VERSION } from '../shared/version.ts';
import { progressBar } from '../shared/words/progress-bar.ts';
import { type Flags, type Step, usage } from './commands/command.ts';
import {
  askService,
  type CommandRequest,
  isServing,
  runCommand,
} from './commands/service-socket.ts';
import { COMMANDS, LOCAL_COMMANDS } from './commands/table.ts';
import { type Config, readConfig } from './config.ts';
import { openLibrary } from './library.ts';
import type { PageFiles } from './pages/site.ts';
import { startService } from './service.ts';
import type { Ownership } from './storage/ownership.ts';

export interface CliOptions {
  args: string[];
  /** The user and group ids of this process. */
  uid: number;
  gid: number;
  env: NodeJS.ProcessEnv;
  /** Where the session script lies. */
  sessionScript: string;
  pageFiles: PageFiles;
  log: Log;
  print: (text: string) => void;
  /** Where a long command draws how far it is; undefined when nobody looks. */
  drawBar: ((text: string) => void) | undefined;
  /** One line that nobody is to read over the shoulder. */
  ask: (question: string) => Promise<string>;
  /** Fires when the service shall stop. */
  signal: AbortSignal;
}

/** Runs one command; its exit code. Throws DsErrors; `usage` ones mean exit code 2. */
export async function runCli(options: CliOptions): Promise<number> {
  const { values, positionals } = parse(options.args);
  if (values.help || values.version) {
    options.print(values.help ? help() : `xs-backup ${VERSION}\n`);
    return 0;
  }
  const [command, ...args] = positionals;
  if (command === undefined) throw usage('a command is needed');
  const config = readConfig(values.config, flagsOf(values));
  if (command === 'serve') return serve(options, config);
  const flags = pickFlags(values);
  const local = Object.hasOwn(LOCAL_COMMANDS, command) ? LOCAL_COMMANDS[command] : undefined;
  using shown = withBar(options, flags);
  if (local) {
    await local.run({ ...options, ...shown, paths: config, args, flags });
    return 0;
  }
  if (!Object.hasOwn(COMMANDS, command)) throw usage(`there is no command "${command}"`);
  const question = COMMANDS[command]?.asks?.(args);
  const secret = question === undefined ? undefined : await options.ask(question);
  const request = { command, args, flags, ...(secret !== undefined && { secret }) };
  return await perform({ ...options, ...shown }, config, request);
}

interface Shown extends Disposable {
  print: (text: string) => void;
  progress: (step: Step) => void;
}

/** What is printed, and the bar below it. Programs that read JSON want no bar. */
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
    // What is printed last says that it is done: the bar would only be in the way.
    [Symbol.dispose]: () => bar.clear(),
  };
}

function help(): string {
  const lines = Object.values({ ...COMMANDS, ...LOCAL_COMMANDS }).map(({ synopsis, summary }) =>
    describe(synopsis, summary),
  );
  return `xs-backup: the school server's side of ds-backup

${describe('serve', 'serve laptops until stopped')}
${lines.join('\n')}
${describe('--help | --version', '')}

  --config FILE   settings (default: /etc/xs-backup/config.toml)
  --library DIR, --state DIR, --completion DIR, --listen ADDRESS:PORT, --ssh-listen ADDRESS:PORT
                  over what the file says
  --json          for programs, with every command but serve: one object a line, no bar

exit code: 0 done, 1 failed, 2 wrong arguments, 3 done and something needs a look (status)
`;
}

const SYNOPSIS_WIDTH = 36;

function describe(synopsis: string, summary: string): string {
  const start = `  xs-backup ${synopsis}`;
  if (start.length < SYNOPSIS_WIDTH + 2)
    return `${start.padEnd(SYNOPSIS_WIDTH + 2)}${summary}`.trimEnd();
  return `${start}\n${' '.repeat(SYNOPSIS_WIDTH + 2)}${summary}`;
}

function parse(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...{ config: text, library: text, state: text, completion: text },
        ...{ kind: text, key: text, unused: flag },
        ...{ listen: text, 'ssh-listen': text },
        ...{ json: flag, help: flag, version: flag },
        ...{ 'dry-run': flag, 'trust-clock': flag, all: flag, 'keep-going': flag },
      },
    });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

function pickFlags(values: ReturnType<typeof parse>['values']): Flags {
  const { json, kind, key, all, unused } = values;
  return {
    ...{ json, kind, key, all, unused, 'dry-run': values['dry-run'] },
    ...{ 'trust-clock': values['trust-clock'], 'keep-going': values['keep-going'] },
  };
}

function flagsOf(values: ReturnType<typeof parse>['values']): ConfigTree {
  const { library, state, completion } = values;
  return {
    ...(library !== undefined && { library }),
    ...(state !== undefined && { state }),
    ...(completion !== undefined && { completion }),
    ...(values.listen !== undefined && { http: { listen: values.listen } }),
    ...(values['ssh-listen'] !== undefined && { ssh: { listen: values['ssh-listen'] } }),
  };
}

async function serve(options: CliOptions, config: Config): Promise<number> {
  const { env, log, sessionScript, pageFiles, signal } = options;
  const ownership = accessOf(options, config);
  await using service = await startService({
    config,
    ownership,
    sessionScript,
    pageFiles,
    clock: realClock,
    log,
    env,
  });
  log.info('serving', {
    httpPort: service.httpPort,
    sshPort: service.sshPort,
    library: config.library,
  });
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  log.info('stopping');
  return 0;
}

async function perform(
  options: CliOptions & Pick<Shown, 'progress'>,
  config: Config,
  request: CommandRequest,
) {
  const { env, log, print, progress, signal } = options;
  if (await isServing(config)) return askService(config, request, print, signal, progress);
  const ownership = accessOf(options, config);
  await using library = await openLibrary({ config, ownership, clock: realClock, log, env });
  return await runCommand(library, request, print, signal, progress);
}

/** Root must not run sessions as root; anybody else runs them as themselves. */
function accessOf({ uid, gid }: CliOptions, config: Config): Ownership {
  if (uid !== 0) return { ownUid: uid, sessionUid: uid, sessionGid: gid };
  const sessionUid = config.ssh.uid;
  if (sessionUid === undefined) {
    throw new DsError('config', 'run by root, the service needs "ssh.uid" for its sessions', {
      hint: 'make a user without a shell (adduser --system ds-receive) and put its id there, or run the service as an ordinary user',
    });
  }
  return { ownUid: 0, sessionUid, sessionGid: sessionUid };
}
