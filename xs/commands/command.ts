/**
 * What a command of `xs-backup` is: it works on the open library and prints what it did. The same
 * code runs in the service, when that is running, or in the program at the terminal, when it is not.
 */
import { existsSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import { parseSerial, type Serial } from '../../shared/ids.ts';
import type { Library } from '../library.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';

export interface Flags {
  json?: boolean | undefined;
  'dry-run'?: boolean | undefined;
  'trust-clock'?: boolean | undefined;
  all?: boolean | undefined;
  'keep-going'?: boolean | undefined;
  unused?: boolean | undefined;
  kind?: string | undefined;
  key?: string | undefined;
}

/** How far a long command is. */
export interface Step {
  done: number;
  of: number;
  /** What is counted, and what is in hand: `laptops, SHC02600123`. */
  text: string;
}

export interface CommandContext {
  library: Library;
  args: readonly string[];
  flags: Flags;
  /** The answer to what the command asks. */
  secret: string | undefined;
  print: (text: string) => void;
  /** For a bar at a terminal; it may be told as often as something moves. */
  progress: (step: Step) => void;
  signal: AbortSignal;
}

export interface Command {
  /** Its arguments, and what it does: a line of --help. */
  synopsis: string;
  summary: string;
  /** What must be asked at the terminal first, with these arguments; the answer is not shown. */
  asks?(args: readonly string[]): string | undefined;
  /** A number is the exit code of a command that was carried out; anything else means 0. */
  run(context: CommandContext): unknown;
}

/** What only reads, as the person at the terminal: never in the service. */
export interface LocalCommand {
  synopsis: string;
  summary: string;
  run(context: LocalContext): void | Promise<void>;
}

export interface LocalContext {
  paths: Paths;
  args: readonly string[];
  flags: Flags;
  print: (text: string) => void;
  progress: (step: Step) => void;
  signal: AbortSignal;
}

export function usage(message: string): DsError {
  return new DsError('usage', message, { hint: '"xs-backup --help" lists the commands' });
}

/** The laptop an argument names: registered, or known from an old library. Throws `not-registered`. */
export function laptopArgument({ library, args }: CommandContext, index = 0): Serial {
  const text = args[index];
  if (text === undefined) throw usage('a serial number is needed');
  const serial = parseSerial(text);
  if (library.registrations.get(serial)) return serial;
  if (existsSync(inLaptop(library.paths, serial).home)) return serial;
  throw new DsError('not-registered', `no laptop ${serial} is registered here`, {
    hint: '"xs-backup laptops" lists them',
  });
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
