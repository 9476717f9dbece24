/**
 * The manual pages of `xs-backup` and of its settings, and its completion for bash, made from the tables
 * that the program itself reads.
 */
import { VERSION } from '../shared/version.ts';
import { FLAGS, type FlagName, type Shape } from '../xs/commands/command.ts';
import { EXIT_CODES, GLOBAL, SERVE } from '../xs/commands/command-line.ts';
import { COMMANDS, EXAMPLES, LOCAL_COMMANDS, MORE_EXAMPLES } from '../xs/commands/table.ts';
import { listSettings } from '../xs/config.ts';
import { item, section, text } from './roff.ts';

const DESCRIPTION = [
  "The server's side of ds-backup: it keeps the Journals of a school of Sugar laptops. \
The service, which systemd starts, serves laptops and the pages for children and teachers; the other commands \
ask it while it runs, and do the work themselves otherwise. Only register-window needs it.",
  'LAPTOP is a serial number in any case, a nick, or the beginning of one, if it is the only one. \
SNAPSHOT is "latest", or the beginning of the name or date of one: 2026-11-22.',
];

const FILES: readonly (readonly [string, string])[] = [
  ['/etc/xs-backup/config.toml', 'settings, all optional; see xs-backup.conf(5)'],
  ['/library/users/', 'everything that is kept; a copy of it is a copy of the school'],
  ['/var/lib/xs-backup/', "sockets, the index, and the teachers' passwords"],
];

const ALL: Readonly<Record<string, Shape>> = { ...COMMANDS, ...LOCAL_COMMANDS };

/** xs-backup(8). */
export function serverPage(): string {
  const commands = Object.entries(ALL).map(([name, shape]) => {
    return item(synopsisOf(name, shape), `${shape.summary}.`);
  });
  const serve = item(
    `serve ${optionalOf(SERVE.options.map(([flag]) => flag))}`,
    `${SERVE.summary}.`,
  );
  const options = [
    ...[...GLOBAL].map(([flag, what]) => item(plain(flag), `${what}.`)),
    ...Object.entries(FLAGS)
      .filter(([name]) => name !== 'json')
      .map(([name, rule]) => item(flagText(name as FlagName), `${rule.summary}.`)),
  ];
  const all = Object.entries(EXAMPLES).flatMap(([name, one]) => {
    const more = MORE_EXAMPLES[name];
    return more ? [one, more] : [one];
  });
  const examples = all.map(([line, what]) => item(`xs-backup ${line}`, what));
  return page('XS\\-BACKUP 8', [
    section('NAME', 'xs\\-backup \\- keep the Journals of a school of Sugar laptops'),
    section('SYNOPSIS', '.B xs\\-backup\n.I COMMAND\n[\\fIARGUMENT\\fR]...\n[\\fIOPTION\\fR]...'),
    section('DESCRIPTION', DESCRIPTION.map(text).join('\n.PP\n')),
    section('COMMANDS', [serve, ...commands].join('\n')),
    section('OPTIONS', options.join('\n')),
    section(
      'EXIT STATUS',
      EXIT_CODES.map((meaning, code) => item(`${code}`, `${meaning}.`)).join('\n'),
    ),
    section('FILES', FILES.map(([name, what]) => item(name, `${what}.`)).join('\n')),
    section('EXAMPLES', examples.join('\n')),
    section('SEE ALSO', '.BR xs\\-backup.conf (5),\n.BR ds\\-backup (1)'),
  ]);
}

/** xs-backup.conf(5). */
export function settingsPage(): string {
  const settings = listSettings().map(({ key, fallback, meaning }) => {
    const shown = fallback === undefined ? '' : ` Default: ${JSON.stringify(fallback)}.`;
    return item(key, `${meaning}${shown}`);
  });
  const example = ['[http]', 'name = "school"', '', '[registration]', 'policy = "window"'];
  return page('XS\\-BACKUP.CONF 5', [
    section('NAME', 'xs\\-backup.conf \\- settings of xs\\-backup'),
    section('SYNOPSIS', '.I /etc/xs\\-backup/config.toml'),
    section(
      'DESCRIPTION',
      text(
        'A file in TOML; every setting is optional, and without the file all have their defaults. \
A key that is not known is an error, and so is a value of the wrong kind: the service says which, and does not start.',
      ),
    ),
    section('SETTINGS', settings.join('\n')),
    section('EXAMPLE', `.nf\n${example.map(text).join('\n')}\n.fi`),
    section('SEE ALSO', '.BR xs\\-backup (8)'),
  ]);
}

function page(title: string, sections: readonly string[]): string {
  return `.TH ${title} "" "xs\\-backup ${text(VERSION)}" "Sugar"\n${sections.join('\n')}\n`;
}

function synopsisOf(name: string, { takes = [], flags = [] }: Shape): string {
  return [name, ...takes, optionalOf(flags.map(flagText))].filter(Boolean).join(' ');
}

const optionalOf = (flags: readonly string[]): string =>
  flags.map((flag) => `[${plain(flag)}]`).join(' ');

function flagText(name: FlagName): string {
  const rule = FLAGS[name];
  return 'value' in rule ? `--${name} ${rule.value}` : `--${name}`;
}

/** `--config <FILE>` → `--config FILE` */
const plain = (flag: string): string => flag.replace(/[<>]/g, '');

/** `[on|off|ID]` → `on`, `off`: what is typed as it stands; the rest is a name for what is typed. */
function fixedWords(argument: string): string[] {
  return argument
    .replace(/[[\]]/g, '')
    .split('|')
    .filter((word) => /^[a-z][a-z-]*$/.test(word));
}

/** Commands first, then the options of the command, and `latest` where a snapshot is wanted. */
export function serverCompletion(): string {
  const general = [...GLOBAL.keys()].map((flag) => flag.split(' ')[0] ?? '');
  const cases = Object.entries(ALL).map(([name, { takes = [], flags = [] }]) => {
    const words = [
      ...takes.flatMap(fixedWords),
      ...(takes.some((word) => word.includes('SNAPSHOT')) ? ['latest'] : []),
      ...flags.map((flag) => `--${flag}`),
    ];
    return `    ${name}) words="$general ${words.join(' ')}" ;;`;
  });
  const names = ['serve', ...Object.keys(ALL), 'help'];
  const serve = SERVE.options.map(([flag]) => flag.split(' ')[0]).join(' ');
  return `# Completion of xs-backup's commands and options for bash.
_xs_backup() {
  local word=\${COMP_WORDS[COMP_CWORD]} words command='' one
  local general='${[...general, '--help'].join(' ')}'
  for one in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $one in -*) ;; *) command=$one && break ;; esac
  done
  case $command in
    '') words="$general ${[...names, '--version'].join(' ')}" ;;
    help) words='${names.join(' ')}' ;;
    serve) words="$general ${serve}" ;;
${cases.join('\n')}
    *) words='' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _xs_backup xs-backup
`;
}
