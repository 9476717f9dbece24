/**
 * The command line of `xs-backup`, read by commander from the table of commands: each command takes its
 * own arguments and flags, and anything else is an error with exit code 2. Decides nothing else.
 */
import { CommanderError, Option, Command as Program } from 'commander';
import type { ConfigTree } from '../../shared/config.ts';
import type { DsError } from '../../shared/errors.ts';
import { VERSION } from '../../shared/version.ts';
import { FLAGS, type FlagName, type Flags, type Shape, usage } from './command.ts';
import { COMMANDS, LOCAL_COMMANDS } from './table.ts';

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

const GLOBAL = new Map([
  ['--config <FILE>', 'settings (default: /etc/xs-backup/config.toml)'],
  ['--library <DIR>', 'overrides "library" of the settings'],
  ['--state <DIR>', 'overrides "state"'],
  ['--completion <DIR>', 'overrides "completion"'],
  ['--json', FLAGS.json.summary],
]);
const EXIT_CODES = `
Exit code: 0 done, 1 failed, 2 wrong arguments, 3 done and something needs attention (status)
"xs-backup help COMMAND" describes one command.
`;

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
    one.exitOverride().configureOutput({ writeOut, writeErr: () => {} });
  }
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { type: 'text', text };
    throw wrongArguments(error);
  }
  if (!found) throw usage('a command is needed');
  return found;
}

function describeProgram(onCommand: (line: CommandLine) => void): Program {
  const program = new Program('xs-backup')
    .description("The school server's side of ds-backup.")
    .usage('COMMAND [ARGUMENT...] [OPTION...]')
    .version(`xs-backup ${VERSION}`, '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand('help [COMMAND]', 'print the help of a command')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', EXIT_CODES);
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

function addServe(program: Program, onCommand: (line: CommandLine) => void): void {
  const serve = program
    .command('serve')
    .description('serve laptops until stopped')
    .helpOption('--help', 'print this help')
    .allowExcessArguments(false)
    .option('--listen <ADDRESS:PORT>', 'overrides "http.listen" of the settings')
    .option('--ssh-listen <ADDRESS:PORT>', 'overrides "ssh.listen"');
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
    .helpOption('--help', 'print this help')
    .allowExcessArguments(false);
  for (const word of takes) command.argument(word.startsWith('[') ? word : `<${word}>`);
  for (const flag of flags) command.addOption(optionOf(flag));
  return command;
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

/** Commander's message, and its suggestion where it has one. */
function wrongArguments({ code, message }: CommanderError): DsError {
  if (code === 'commander.help') return usage('a command is needed');
  const [first = '', suggestion] = message.replace(/^error: /, '').split('\n');
  return usage(first, suggestion?.replace(/^\(|\)$/g, ''));
}
