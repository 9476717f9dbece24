/**
 * The manual page of `ds-backup` and its completion for bash, made from the table of its commands, so
 * that neither can say what the program does not do.
 */
import {
  COMMANDS,
  type CommandName,
  EXIT_CODES,
  OPTIONS,
  type Option,
  optionsOf,
  PROMISE,
  SUMMARY,
  synopsisOf,
} from '../agent/cli/commands.ts';
import { VERSION } from '../shared/version.ts';
import { item, section, text } from './roff.ts';

const DESCRIPTION = [
  "The Journal of this laptop goes to the school's server once a day, when the school is near, the \
battery is not low and nobody has to wait for it. The agent sees to that; these commands ask the agent, \
which the session's bus starts when it does not run. Nothing has to be done by hand.",
  'What is at school can be looked through and brought back, entry by entry or all of it.',
  PROMISE,
];

const FILES: readonly (readonly [string, string])[] = [
  [
    '~/.sugar/default/ds-backup-done',
    'touched when a backup is done; removing it asks for another',
  ],
  ['~/.sugar/default/ds-backup/config.toml', 'settings of this laptop, all optional'],
  [
    '~/.sugar/default/ds-backup/',
    "key, state and what the agent knows; the school's server has the rest",
  ],
];

const EXAMPLES: readonly (readonly [string, string])[] = [
  ['ds-backup status', 'Is everything safe, and if not, what does it wait for?'],
  ['ds-backup now --wait', 'Back up now, and stay until it is done.'],
  ['ds-backup entries latest --search house', 'Which entries of the last backup are called so?'],
  ['ds-backup restore latest --entry UID', 'Bring one of them back.'],
];

const NAMES = Object.keys(COMMANDS) as CommandName[];

/** In the language of man(7). */
export function manualPage(): string {
  const commands = NAMES.map((name) => {
    const own = COMMANDS[name].options;
    const options = own.map((one) => ` [${optionText(one, OPTIONS[one])}]`).join('');
    return item(`${synopsisOf(name)}${options}`, `${COMMANDS[name].summary}.`);
  });
  const options = Object.entries<Option>(OPTIONS).map(([name, option]) => {
    const only = option.direct ? ' With --direct only.' : '';
    return item(optionText(name, option), `${option.summary.replace('; then also:', '')}.${only}`);
  });
  return `${[
    `.TH DS\\-BACKUP 1 "" "ds\\-backup ${text(VERSION)}" "Sugar"`,
    section('NAME', `ds\\-backup \\- ${text(SUMMARY)}`),
    section('SYNOPSIS', '.B ds\\-backup\n.I COMMAND\n[\\fIOPTION\\fR]...'),
    section('DESCRIPTION', DESCRIPTION.map(text).join('\n.PP\n')),
    section('COMMANDS', commands.join('\n')),
    section('OPTIONS', options.join('\n')),
    section(
      'EXIT STATUS',
      EXIT_CODES.map(([code, meaning]) => item(`${code}`, `${meaning}.`)).join('\n'),
    ),
    section('FILES', FILES.map(([name, what]) => item(name, `${what}.`)).join('\n')),
    section('EXAMPLES', EXAMPLES.map(([line, what]) => item(line, what)).join('\n')),
  ].join('\n')}\n`;
}

function optionText(name: string, option: Option | undefined): string {
  return option?.value ? `--${name} ${option.value}` : `--${name}`;
}

/** Commands first, then the options that the command takes. */
export function bashCompletion(): string {
  const cases = NAMES.map((name) => {
    const command = COMMANDS[name];
    const words = [
      ...(command.arguments.length > 0 ? ['latest'] : []),
      ...optionsOf(command).map((option) => `--${option}`),
    ];
    return `    ${name}) words='${words.join(' ')}' ;;`;
  });
  return `# Completion of ds-backup's commands and options for bash.
_ds_backup() {
  local word=\${COMP_WORDS[COMP_CWORD]} words command='' one
  for one in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $one in -*) ;; *) command=$one && break ;; esac
  done
  case $command in
    '') words='${[...Object.keys(COMMANDS), '--help', '--version'].join(' ')}' ;;
${cases.join('\n')}
    *) words='' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _ds_backup ds-backup
`;
}
