/**
 * The table of commands, options and exit codes. Parsing, help, the manual page and the completion for
 * bash are all made from it.
 */

export interface Command {
  summary: string;
  /** Its arguments, as in the help; all are required. */
  arguments: readonly string[];
  /** Its own options, besides the general ones. */
  options: readonly OptionName[];
  /**
   * Who runs it: the agent unless `--direct` is given, the agent only, always this process, or this
   * process as a service of others.
   */
  runBy: 'agent-or-process' | 'agent' | 'process' | 'service';
}

export interface Option {
  /** What its value is; absent for a flag. */
  value?: string;
  summary: string;
  /** Needs --direct: the agent has its own settings. */
  direct?: true;
}

const SNAPSHOT = 'SNAPSHOT|latest';
const UID = 'UID';

const TABLE = {
  now: either('back up now', [], ['wait', 'progress']),
  status: either('show what is going on, and why it waits', [], ['entries']),
  snapshots: either('list the snapshots at school, newest first', [], ['of']),
  entries: either('list the entries of a snapshot', [SNAPSHOT], ['search', 'of']),
  plan: either('show what a restore would bring', [SNAPSHOT], ['of']),
  restore: either(
    'bring back everything that is not here',
    [SNAPSHOT],
    ['entry', 'wait', 'of', 'progress'],
  ),
  pins: either('list what the school keeps until it is unpinned'),
  pin: either('keep an entry as it is in that snapshot', [UID, SNAPSHOT]),
  unpin: either('let the school remove old versions of it again', [UID]),
  class: either('list what is on the class page, or waits for a teacher'),
  offer: either('offer an entry to the class, as it is in that snapshot', [UID, SNAPSHOT]),
  'take-back': either('take an entry off the class page', [UID]),
  keep: either('keep its content at school only, to make room here', [UID], ['wait', 'progress']),
  fetch: either('bring that content back', [UID], ['wait', 'progress']),
  kept: either('list entries whose content is only at school'),
  bring: {
    summary: 'bring in all things of a takeaway, the ZIP that a school gave to a child who left',
    arguments: ['FILE'],
    options: ['removed', 'progress'],
    runBy: 'process',
  },
  laptops: either('list this laptop, and those that it replaced'),
  web: either('print a link to the restore pages, valid for one visit'),
  'open-in-journal': agent('show that day in the Journal, like a stick', ['of'], [SNAPSHOT]),
  'close-in-journal': agent('take it out of the Journal again'),
  pause: agent('stop all work, and start none'),
  resume: agent('continue after a pause'),
  cancel: agent('cancel the current job'),
  retry: agent('repeat what failed or was cancelled last', ['wait', 'progress']),
  'forget-server': {
    summary: 'trust the next school server: this one was replaced',
    arguments: [],
    options: [],
    runBy: 'process',
  },
  'confirm-server': {
    summary: 'trust the server that shows these digits after the teacher typed ours',
    arguments: ['DIGITS'],
    options: [],
    runBy: 'process',
  },
  wake: agent('start the agent, which checks whether a backup is due'),
  agent: {
    summary: 'serve the programs of this session until nothing is left to do',
    arguments: [],
    options: [],
    runBy: 'service',
  },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof TABLE;
export const COMMANDS: Readonly<Record<CommandName, Command>> = TABLE;

export const OPTIONS = {
  json: { summary: 'print one JSON object' },
  progress: { summary: 'draw a progress bar even if stderr is not a terminal' },
  wait: { summary: 'stay while it waits for its turn' },
  entries: { summary: 'also list the entries that are not safe, and why' },
  search: { value: 'TEXT', summary: 'entries with TEXT in their title' },
  removed: { summary: 'also what had been removed from the Journal before' },
  entry: { value: 'UID', summary: 'restore only this entry' },
  of: { value: 'SERIAL', summary: 'of a laptop that this one replaced' },
  direct: { summary: 'run it in this process, without the agent; then also:' },
  server: {
    value: 'URL',
    summary: 'the school server (default: the one Sugar is registered with)',
    direct: true,
  },
  registration: {
    value: 'URL',
    summary: 'where to register (default: the same host, port 8080)',
    direct: true,
  },
  bandwidth: { value: 'KIB', summary: 'limit in KiB per second', direct: true },
  profile: {
    value: 'DIR',
    summary: "Sugar's profile folder (default: ~/.sugar/default)",
    direct: true,
  },
} as const satisfies Record<string, Option>;
export type OptionName = keyof typeof OPTIONS;

/** What `--direct` makes available, and a service gets from its command line. */
export const SETTINGS = ['server', 'registration', 'bandwidth', 'profile'] as const;

/** All options that a command takes, its own first. */
export function optionsOf({ options, runBy }: Command): OptionName[] {
  switch (runBy) {
    case 'agent-or-process':
    case 'process':
      return [...options, 'json', 'direct', ...SETTINGS];
    case 'agent':
      return [...options, 'json'];
    case 'service':
      return [...options, ...SETTINGS];
    default:
      return runBy satisfies never;
  }
}

/** `restore SNAPSHOT|latest` */
export function synopsisOf(name: CommandName): string {
  return [name, ...COMMANDS[name].arguments].join(' ');
}

/** sysexits.h: EX_TEMPFAIL and EX_NOPERM. */
export const EXIT = { done: 0, failed: 1, usage: 2, tryLater: 75, teacher: 77 } as const;

/** Exit codes of all commands, as in sysexits.h where that has one. */
export const EXIT_CODES: readonly (readonly [number, string])[] = [
  [EXIT.done, 'done'],
  [EXIT.failed, 'failed; also: some entries could not be backed up or restored'],
  [EXIT.usage, 'wrong arguments'],
  [
    EXIT.tryLater,
    'try again later (busy, no answer, connection lost), or it waits and continues by itself',
  ],
  [EXIT.teacher, 'a teacher is needed'],
];

export const SUMMARY = "keeps this laptop's Journal on the school server";
export const PROMISE =
  'A restore only adds: what is in the Journal stays, an older version comes beside it.';

const COMMAND_WIDTH = 28;
const OPTION_WIDTH = 20;

export const HELP = `ds-backup: ${SUMMARY}

${(Object.keys(TABLE) as CommandName[])
  .map((name) => `  ds-backup ${synopsisOf(name).padEnd(COMMAND_WIDTH)}${TABLE[name].summary}`)
  .join('\n')}
  ds-backup --help | --version

${Object.entries<Option>(OPTIONS)
  .map(([name, { value, summary }]) => {
    return `  ${(value ? `--${name} ${value}` : `--${name}`).padEnd(OPTION_WIDTH)} ${summary}`;
  })
  .join('\n')}

"ds-backup COMMAND --help" lists the options of one command.
${PROMISE}

exit code:
${EXIT_CODES.map(([code, meaning]) => `  ${String(code).padEnd(4)}${meaning}`).join('\n')}
`;

function either(
  summary: string,
  takes: readonly string[] = [],
  options: readonly OptionName[] = [],
) {
  return { summary, arguments: takes, options, runBy: 'agent-or-process' } as const;
}

function agent(
  summary: string,
  options: readonly OptionName[] = [],
  takes: readonly string[] = [],
) {
  return { summary, arguments: takes, options, runBy: 'agent' } as const;
}
