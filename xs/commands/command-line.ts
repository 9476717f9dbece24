/**
 * The command line of `xs-backup`, read by commander from the table of commands: each command takes its
 * own arguments and flags, and anything else is an error with exit code 2. Decides nothing else.
 */
import { CommanderError, InvalidArgumentError, Option, Command as Program } from 'commander';
import type { ConfigTree } from '../../shared/config.ts';
import type { DsError } from '../../shared/errors.ts';
import { VERSION } from '../../shared/version.ts';
import { isAddress } from '../setting-values.ts';
import { nearest } from './arguments.ts';
import { FLAGS, type FlagName, type Flags, type Shape, usage, withHelp } from './command.ts';
import { fold } from './lines.ts';
import { COMMANDS, EXAMPLES, LOCAL_COMMANDS, MORE_EXAMPLES } from './table.ts';

export type CommandLine =
  /** `--help`, `help COMMAND` or `--version`: only this text is wanted. */
  | { type: 'text'; text: string }
  | { type: 'serve'; place: Place }
  | { type: 'command'; command: string; args: string[]; flags: Flags; place: Place };

/** Which settings are used. */
export interface Place {
  /** Undefined for the default file. */
  configFile: string | undefined;
  /** Settings that override those of the file. */
  settings: ConfigTree;
}

/** Of every command; for the manual page as well. */
export const GLOBAL: ReadonlyMap<string, string> = new Map([
  ['--config <FILE>', 'settings (default: /etc/xs-backup/config.toml)'],
  ['--library <DIR>', 'overrides "library" of the settings'],
  ['--state <DIR>', 'overrides "state"'],
  ['--completion <DIR>', 'overrides "completion"'],
  ['--json', FLAGS.json.summary],
]);
/** Their meanings, by number. */
export const EXIT_CODES = [
  'done',
  'failed',
  'wrong arguments',
  'done, and something needs attention (status, doctor, scrub, damage, export, export-class, adopt, relink, takeaway, transfer, offsite)',
] as const;
/** Of `serve`, for the manual page as well. */
export const SERVE = {
  summary: 'serve laptops until stopped',
  options: [
    ['--listen <ADDRESS:PORT>', 'overrides "http.listen" of the settings'],
    ['--ssh-listen <ADDRESS:PORT>', 'overrides "ssh.listen"'],
  ],
  example: ['serve --listen 0.0.0.0:8080', 'in this terminal, until Ctrl-C'],
} as const;
/** Behind the number of an exit code: lines of 75 letters. */
const wrapped = (text: string): string => text.replace(/(.{1,75})( |$)/g, '\n     $1').trim();
const FOOT = `
LAPTOP is a serial number, a nick, or the beginning of one, if it is the only
one. SNAPSHOT is "latest", or the beginning of a name or date: 2026-11-22.
Exit codes:
${EXIT_CODES.map((meaning, code) => `  ${code}  ${wrapped(meaning)}`).join('\n')}
"xs-backup help COMMAND" describes one command; so does xs-backup(8).
`;
const WIDTH = 80;
const HELP = ['-h, --help', 'print this help'] as const;

/** Throws `usage` with a hint. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  let text = '';
  let found: CommandLine | undefined;
  const program = describeProgram((line) => {
    found = line;
  });
  const writeOut = (more: string) => {
    text += more;
  };
  for (const one of [program, ...program.commands]) {
    const getOutHelpWidth = () => WIDTH;
    one.exitOverride().configureOutput({ writeOut, writeErr: () => {}, getOutHelpWidth });
  }
  try {
    const isHelpOfHelp = args[0] === 'help' && args[1] === 'help';
    program.parse(isHelpOfHelp ? ['help', ...args.slice(2)] : args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return { type: 'text', text };
    const wrong = error instanceof CommanderError ? wrongArguments(error, args) : error;
    throw withHelp(wrong, commandIn(args));
  }
  if (!found) throw withHelp(usage('a command is needed'), undefined);
  return found;
}

function describeProgram(onCommand: (line: CommandLine) => void): Program {
  const program = new Program('xs-backup')
    .description("The school server's side of ds-backup.")
    .usage('COMMAND [ARGUMENT...] [OPTION...]')
    .version(`xs-backup ${VERSION}`, '--version', 'print the version')
    .helpOption(...HELP)
    .helpCommand('help [COMMAND]', 'print the help of a command')
    .configureHelp({
      ...{ showGlobalOptions: true, minWidthToWrap: 20 },
      // Whoever wants the options asks for the help of the command.
      subcommandTerm: (command) => shortTerm(command.name(), argumentsOf(command)),
      commandUsage: foldedUsage,
    })
    .addHelpText('after', FOOT);
  for (const [flags, description] of GLOBAL) program.option(flags, description);
  addServe(program, onCommand);
  for (const [name, shape] of Object.entries({ ...COMMANDS, ...LOCAL_COMMANDS })) {
    const command = addCommand(program, name, shape);
    command.action(() => {
      onCommand({
        ...{ type: 'command', command: name, args: command.args },
        ...{ flags: flagsOf(command, shape), place: placeOf(program.opts()) },
      });
    });
  }
  return program;
}

/** Letters of a command and its arguments in the list of all; longer ones leave no room for what they do. */
const TERM_WIDTH = 29;

function shortTerm(name: string, words: string): string {
  const term = `${name} ${words}`.trim();
  return term.length <= TERM_WIDTH ? term : `${name} ...`;
}

function argumentsOf(command: Program): string {
  const words = command.registeredArguments.map((one) => {
    const name = one.variadic ? `${one.name()}...` : one.name();
    return one.required ? name : `[${name}]`;
  });
  return words.join(' ');
}

const USAGE = 'Usage: ';

/** Below its first line the arguments stand under the program. */
function foldedUsage(command: Program): string {
  const name = command.parent ? `${command.parent.name()} ${command.name()}` : command.name();
  const lines = fold(`${name} ${command.usage()}`, WIDTH - USAGE.length);
  return lines.join(`\n${' '.repeat(USAGE.length)}`);
}

function addServe(program: Program, onCommand: (line: CommandLine) => void): void {
  const serve = program
    .command('serve')
    .description(SERVE.summary)
    .helpOption(...HELP)
    .allowExcessArguments(false);
  for (const [flags, description] of SERVE.options) serve.option(flags, description, addressOption);
  addExamples(serve, 'serve');
  serve.action(() => {
    if (program.opts().json) throw usage('serve takes no --json');
    const { configFile, settings } = placeOf(program.opts());
    const { listen, sshListen } = serve.opts<{ listen?: string; sshListen?: string }>();
    const place = {
      configFile,
      settings: {
        ...settings,
        ...(listen !== undefined && { http: { listen } }),
        ...(sshListen !== undefined && { ssh: { listen: sshListen } }),
      },
    };
    onCommand({ type: 'serve', place });
  });
}

function addCommand(program: Program, name: string, { takes = [], flags = [], summary }: Shape) {
  const command = program
    .command(name)
    .description(summary)
    .helpOption(...HELP)
    .allowExcessArguments(false);
  for (const word of takes) command.argument(word.startsWith('[') ? word : `<${word}>`);
  for (const flag of flags) command.addOption(optionOf(flag));
  addExamples(command, name);
  return command;
}

function addExamples(command: Program, name: string): void {
  const own = name === 'serve' ? SERVE.example : EXAMPLES[name];
  const examples = [own, MORE_EXAMPLES[name]].flatMap((one) => (one ? [one] : []));
  const shown = examples.map(([line, meaning]) => `  xs-backup ${line}\n      ${meaning}`);
  command.addHelpText('after', `\nExample:\n${shown.join('\n')}`);
}

/** As the settings take it. */
function addressOption(text: string): string {
  if (isAddress(text)) return text;
  throw new InvalidArgumentError('It must be ADDRESS:PORT, as 0.0.0.0:8080');
}

function optionOf(flag: FlagName): Option {
  const rule = FLAGS[flag];
  const option = new Option(`--${flag}${'value' in rule ? ` <${rule.value}>` : ''}`, rule.summary);
  return 'choices' in rule ? option.choices(rule.choices) : option;
}

function flagsOf(command: Program, { flags = [] }: Shape): Flags {
  const given: Record<string, unknown> = command.optsWithGlobals();
  const names: FlagName[] = ['json', ...flags];
  const values = names.map((name) => [name, given[optionOf(name).attributeName()]] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

function placeOf(given: Record<string, string | undefined>): Place {
  const { config, library, state, completion } = given;
  return {
    configFile: config,
    settings: {
      ...(library !== undefined && { library }),
      ...(state !== undefined && { state }),
      ...(completion !== undefined && { completion }),
    },
  };
}

/** The command that was meant, as far as it can be seen. */
function commandIn(args: readonly string[]): string | undefined {
  return args.find((word) => word === 'serve' || word in COMMANDS || word in LOCAL_COMMANDS);
}

/** Commander's message, and its suggestion where it has one. */
function wrongArguments({ code, message }: CommanderError, args: readonly string[]): DsError {
  const [first = '', suggestion] = message.replace(/^error: /, '').split('\n');
  if (code === 'commander.help') {
    const [, unknown] = args[0] === 'help' ? args : [];
    if (unknown === undefined) return usage('a command is needed');
    const near = nearest(unknown, ['serve', ...Object.keys({ ...COMMANDS, ...LOCAL_COMMANDS })]);
    return usage(`unknown command '${unknown}'`, near && `Did you mean ${near}?`);
  }
  if (args[0] === 'version') return usage(first, '"xs-backup --version" prints it');
  return usage(first, suggestion?.replace(/^\(|\)$/g, ''));
}
