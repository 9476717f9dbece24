/**
 * Reads the command line by the table of commands. Unknown and surplus words and options are errors.
 */
import { CommanderError, Command as Parser, Option as ParserOption } from 'commander';
import { DsError } from '../../shared/errors.ts';
import { VERSION } from '../../shared/version.ts';
import {
  COMMANDS,
  type Command,
  type CommandName,
  HELP,
  OPTIONS,
  type Option,
  type OptionName,
  optionsOf,
  SETTINGS,
  synopsisOf,
} from './commands.ts';

type Value<Name extends OptionName> = (typeof OPTIONS)[Name] extends { value: string }
  ? string
  : boolean;
export type OptionValues = { [Name in OptionName]?: Value<Name> };

export interface Invocation {
  type: 'command';
  /** `worker` is for the agent only, and in no table. */
  command: CommandName | 'worker';
  arguments: readonly string[];
  options: OptionValues;
}

/** A command to run, or text that was asked for. Throws `usage`. */
export function parseArguments(
  args: readonly string[],
): Invocation | { type: 'text'; text: string } {
  let found: Invocation | undefined;
  const shown: string[] = [];
  const program = newParser('ds-backup', shown)
    .version(`ds-backup ${VERSION}`, '--version')
    .helpCommand(false);
  program.helpInformation = () => HELP;
  const add = (name: Invocation['command'], command: Command) => {
    const parser = newParser(name, shown).summary(command.summary).description(command.summary);
    for (const one of command.arguments) parser.argument(`<${one}>`);
    for (const one of optionsOf(command)) parser.addOption(parserOption(one));
    parser.action(() => {
      found = { type: 'command', command: name, arguments: parser.args, options: parser.opts() };
    });
    program.addCommand(parser, { hidden: name === 'worker' });
  };
  for (const name of Object.keys(COMMANDS) as CommandName[]) add(name, COMMANDS[name]);
  add('worker', COMMANDS.agent);
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { type: 'text', text: shown.join('') };
    throw usageError(error, args);
  }
  if (!found) throw usage('a command is needed', 'ds-backup');
  checkValues(found);
  checkSettings(found);
  return found;
}

function newParser(name: string, shown: string[]): Parser {
  return new Parser(name)
    .exitOverride()
    .configureOutput({ writeOut: (text) => shown.push(text), writeErr: () => {} })
    .helpOption('-h, --help', 'show this help');
}

function parserOption(name: OptionName): ParserOption {
  const { value, summary }: Option = OPTIONS[name];
  const text = summary.replace('; then also:', '');
  return new ParserOption(value ? `--${name} <${value}>` : `--${name}`, text);
}

/** The parser takes whatever follows as the value; an option is not meant to be one. */
function checkValues({ command, options }: Invocation): void {
  for (const [name, value] of Object.entries(options)) {
    if (typeof value !== 'string' || !value.startsWith('--')) continue;
    throw usage(`--${name} needs a value, and ${value} is an option`, command);
  }
}

/** The settings are the agent's own, unless there is no agent in between. */
function checkSettings({ command, options }: Invocation): void {
  if (command === 'worker' || COMMANDS[command].runBy !== 'agent-or-process') return;
  const own = SETTINGS.find((name) => options[name] !== undefined);
  if (own === undefined || options.direct) return;
  const message = `--${own} is for --direct: the agent has its settings in ds-backup/config.toml`;
  throw usage(message, command);
}

function usageError(error: CommanderError, args: readonly string[]): DsError {
  const command = args.find((one): one is CommandName => Object.hasOwn(COMMANDS, one));
  if (error.code === 'commander.help') return usage('a command is needed', 'ds-backup');
  const [, option = ''] = /unknown option '--([a-z]+)/.exec(error.message) ?? [];
  if (Object.hasOwn(OPTIONS, option)) {
    if (command === undefined) return usage('a command is needed', 'ds-backup', error);
    if (args.findIndex((one) => one.startsWith(`--${option}`)) < args.indexOf(command)) {
      return usage(`--${option} belongs after the command`, command, error);
    }
    const why = option === 'direct' ? ': only the agent can do it; leave out --direct' : '';
    return usage(`"${command}" does not take --${option}${why}`, command, error);
  }
  const message = error.message.replace(/^error: /, '').replace(/\n/g, ' ');
  return usage(message, command, error);
}

function usage(message: string, command: string | undefined, cause?: unknown): DsError {
  const isCommand = command !== undefined && Object.hasOwn(COMMANDS, command);
  const help = isCommand ? `ds-backup ${command} --help` : 'ds-backup --help';
  const synopsis = isCommand ? `ds-backup ${synopsisOf(command as CommandName)}; ` : '';
  return new DsError('usage', message, { hint: `${synopsis}${help}`, cause });
}
