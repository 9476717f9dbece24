/**
 * The type of a command of `xs-backup`: it works on the open library and prints what it did. The same
 * code runs in the service while that is running, and in the program at the terminal otherwise.
 */
import { DsError } from '../../shared/errors.ts';
import type { Config } from '../config.ts';
import type { Library } from '../library.ts';
import type { StickParts } from '../stick/contents.ts';
import type { Paths } from '../storage/paths.ts';

interface FlagRule {
  summary: string;
  /** What its value is called in help texts; a flag without one is on or off. */
  value?: string;
  /** The only values it may have. */
  choices?: readonly string[];
}

/** Every flag of a command. `json` belongs to all of them, any other to those that name it. */
export const FLAGS = {
  json: { summary: 'print JSON, one object per line, and no progress bar' },
  'dry-run': { summary: 'print what would be done; change nothing' },
  'trust-clock': { summary: "accept the server's present date as correct" },
  retire: { summary: 'OLD is gone: take it out of use as well' },
  'with-backups': { summary: 'also its backups: all of it goes to the trash' },
  all: { summary: 'all content, or all versions' },
  'keep-going': { summary: 'leave out what is damaged instead of failing' },
  plan: {
    summary: 'say of each old snapshot what it is, why, and what will happen; change nothing',
  },
  idmgr: {
    value: 'FILE',
    summary: "first take over the laptops of the old server's identity.db: they go on backing up",
  },
  unused: { summary: 'only laptops registered 30 days ago or earlier that never made a backup' },
  kind: {
    value: 'KIND',
    choices: ['own', 'sugar'],
    summary: 'own: the key of our agent (default); sugar: the key that Sugar registers',
  },
  'all-known-original': {
    summary:
      'after a reflash: the new keys of all known laptops that have only the original program; they may back up, and read nothing until each is approved by itself',
  },
  auth: {
    value: 'URL',
    summary: '"Authentication request URL" of Moodle, if it is not WWWROOT/mod/lti/auth.php',
  },
  jwks: {
    value: 'URL|FILE',
    summary:
      '"Public keyset URL" of Moodle, if it is not WWWROOT/mod/lti/certs.php; or a file with its keys',
  },
  laptop: { value: 'SERIAL', summary: 'of this laptop only' },
  snapshot: { value: 'NAME', summary: 'this snapshot instead of the newest' },
  packages: { value: 'FOLDER', summary: 'take the packages from here' },
  key: { value: 'FINGERPRINT', summary: 'the key with this fingerprint: SHA256:…' },
} as const satisfies Record<string, FlagRule>;
export type FlagName = keyof typeof FLAGS;

export type Flags = {
  [Name in FlagName]?:
    | ((typeof FLAGS)[Name] extends { value: string } ? string : boolean)
    | undefined;
};

/** Progress of a long command. */
export interface Step {
  done: number;
  of: number;
  /** What is counted, and the current item: `laptops, SHC02600123`. */
  text: string;
}

export interface CommandContext {
  library: Library;
  args: readonly string[];
  flags: Flags;
  /** The command changes nothing: of laptops with one name the one that is still used is meant. */
  onlyReads: boolean;
  /** The answer to the prompt of `asks`. */
  secret: string | undefined;
  print: (text: string) => void;
  /** Updates the progress bar at a terminal; may be called for every item. */
  progress: (step: Step) => void;
  signal: AbortSignal;
}

/** What the command line takes; whatever is not named here is an error. */
export interface Shape {
  /** Its arguments by name, in order: `LAPTOP` is required, `[LAPTOP]` optional. None by default. */
  takes?: readonly string[];
  /** Besides `json`. */
  flags?: readonly FlagName[];
  /** One line of --help. */
  summary: string;
}

export interface Command extends Shape {
  /** It changes nothing, so the reserve of a full disk stays as it is. */
  onlyReads?: true;
  /** The prompt to show at the terminal before the command runs; the answer is not echoed. */
  asks?(args: readonly string[]): string | undefined;
  /** A number is the exit code of a command that succeeded; anything else means 0. */
  run(context: CommandContext): unknown;
}

/** A command that only reads and runs as the user at the terminal, never in the service. */
export interface LocalCommand extends Shape {
  /** A number is the exit code of a command that succeeded; anything else means 0. */
  run(context: LocalContext): Promise<unknown>;
}

export interface LocalContext {
  paths: Paths;
  config: Config;
  /** Files of the program that go on a stick. */
  stickParts: StickParts;
  args: readonly string[];
  flags: Flags;
  print: (text: string) => void;
  progress: (step: Step) => void;
  signal: AbortSignal;
}

/** The same for a command that may open the library itself. */
export interface MachineCommand extends Shape {
  run(context: MachineContext): Promise<unknown>;
}

export interface MachineContext extends LocalContext {
  env: NodeJS.ProcessEnv;
  /** Throws `config` for root where the service is another user, who could not read what root made. */
  checkUser(): void;
  /** Runs another command: in the service while that runs, else here. Returns its exit code. */
  command(name: string, args: readonly string[]): Promise<number>;
  /** Throws `busy` while the service runs. */
  open(): Promise<Library & AsyncDisposable>;
}

/** Exit code of a command that did its work and found something that somebody has to look at. */
export const NEEDS_ATTENTION = 3;

/** Throws `program-failed`, with this hint, when another command did not do its work; it has said itself why. */
export async function runOther(
  { command }: Pick<MachineContext, 'command'>,
  words: readonly [name: string, ...args: string[]],
  hint: string,
): Promise<number> {
  const [name, ...args] = words;
  const exitCode = await command(name, args);
  if (exitCode === 0 || exitCode === NEEDS_ATTENTION) return exitCode;
  throw new DsError('program-failed', `"xs-backup ${words.join(' ')}" failed`, { hint });
}

/** Wrong arguments: exit code 2. Without a hint of its own, `withHelp` names the help that there is. */
export function usage(message: string, hint?: string): DsError {
  return new DsError('usage', message, hint === undefined ? {} : { hint });
}

/** The error itself, with a hint where one about wrong arguments has none. */
export function withHelp(error: unknown, command: string | undefined): unknown {
  if (!(error instanceof DsError) || error.code !== 'usage' || error.hint) return error;
  return usage(
    error.message,
    command === undefined
      ? '"xs-backup help" lists the commands'
      : `"xs-backup help ${command}" shows how it is called`,
  );
}

/** One line of JSON, or the lines for people. */
export function answer(
  { flags, print }: CommandContext,
  json: unknown,
  lines: () => readonly string[],
): void {
  print(
    flags.json
      ? `${JSON.stringify(json)}\n`
      : lines()
          .map((line) => `${line}\n`)
          .join(''),
  );
}
