/**
 * The commands of `ds-backup`: what each takes and is for. How it is done is in asked.ts, by the agent,
 * and for some also in direct.ts, in this process.
 */

/** What a command comes to. */
export interface Outcome {
  text: string;
  json: object;
  exitCode?: number;
}

export interface Command {
  /** Its arguments, as in the help. */
  synopsis: string;
  summary: string;
  takes: readonly string[];
  /** Besides the general ones. */
  flags?: readonly SpecialFlag[];
  /** Done in this process in any case. */
  here?: true;
}

export const SPECIAL_FLAGS = ['wait', 'entry', 'search', 'of'] as const;
export type SpecialFlag = (typeof SPECIAL_FLAGS)[number];

export interface Option {
  /** What its value is; absent for a flag. */
  value?: string;
  summary: string;
  /** Only with --direct: the agent has its own settings. */
  direct?: true;
}

const SNAPSHOT = 'a snapshot or "latest"';
const UID = 'the uid of an entry';

export const COMMANDS: Readonly<Record<string, Command>> = {
  now: { synopsis: 'now', summary: 'back up now', takes: [], flags: ['wait'] },
  status: { synopsis: 'status', summary: 'what is going on, and why it waits', takes: [] },
  snapshots: {
    synopsis: 'snapshots',
    summary: 'what the school keeps, newest first',
    takes: [],
    flags: ['of'],
  },
  entries: {
    synopsis: 'entries SNAPSHOT|latest',
    summary: 'what is in a snapshot',
    takes: [SNAPSHOT],
    flags: ['search', 'of'],
  },
  plan: {
    synopsis: 'plan SNAPSHOT|latest',
    summary: 'what a restore would bring',
    takes: [SNAPSHOT],
    flags: ['of'],
  },
  restore: {
    synopsis: 'restore SNAPSHOT|latest',
    summary: 'bring everything back that is not here',
    takes: [SNAPSHOT],
    flags: ['entry', 'wait', 'of'],
  },
  pins: { synopsis: 'pins', summary: 'what the school keeps until it is unpinned', takes: [] },
  pin: {
    synopsis: 'pin UID SNAPSHOT|latest',
    summary: 'keep an entry as it is there',
    takes: [UID, SNAPSHOT],
  },
  unpin: { synopsis: 'unpin UID', summary: 'leave it to the ordinary rules again', takes: [UID] },
  keep: {
    synopsis: 'keep UID',
    summary: 'keep its content at school only, to make room here',
    takes: [UID],
    flags: ['wait'],
  },
  fetch: { synopsis: 'fetch UID', summary: 'bring that back', takes: [UID], flags: ['wait'] },
  kept: { synopsis: 'kept', summary: 'what is only at school', takes: [] },
  laptops: {
    synopsis: 'laptops',
    summary: 'this laptop, and those whose place it took',
    takes: [],
  },
  web: { synopsis: 'web', summary: 'a link to the restore pages, good for one visit', takes: [] },
  pause: { synopsis: 'pause', summary: 'nothing is begun, what is under way stops', takes: [] },
  resume: { synopsis: 'resume', summary: 'and goes on', takes: [] },
  cancel: { synopsis: 'cancel', summary: 'give up what is under way', takes: [] },
  retry: {
    synopsis: 'retry',
    summary: 'what failed or was cancelled last',
    takes: [],
    flags: ['wait'],
  },
  'forget-server': {
    synopsis: 'forget-server',
    summary: 'the school has a new server: the next one met is trusted',
    takes: [],
    here: true,
  },
  wake: {
    synopsis: 'wake',
    summary: 'start the agent, which sees whether anything is due',
    takes: [],
  },
  agent: {
    synopsis: 'agent',
    summary: "serve this session's programs until nothing is left to do",
    takes: [],
  },
};

export const OPTIONS: Readonly<Record<string, Option>> = {
  json: { summary: 'print one JSON object' },
  progress: { summary: 'draw a progress bar, also where stderr is no terminal' },
  wait: { summary: 'stay while it waits for its turn' },
  search: { value: 'TEXT', summary: 'entries with TEXT in their title' },
  entry: { value: 'UID', summary: 'restore only this entry' },
  of: { value: 'SERIAL', summary: 'of a laptop whose place this one took' },
  direct: { summary: 'do it in this process, without the agent; then also:' },
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
  bandwidth: { value: 'KIB', summary: 'at most so many KiB a second', direct: true },
  profile: {
    value: 'DIR',
    summary: "Sugar's profile folder (default: ~/.sugar/default)",
    direct: true,
  },
};

/** Exit codes of all commands, as in sysexits.h where that has one. */
export const EXIT_CODES: readonly (readonly [number, string])[] = [
  [0, 'done'],
  [1, 'failed; also: some entries could not be restored'],
  [2, 'wrong arguments'],
  [75, 'try again later (busy, no answer, connection lost), or it waits and goes on by itself'],
  [77, 'a teacher is needed'],
];

export const SUMMARY = "keeps this laptop's Journal on the school server";
export const PROMISE =
  'A restore only adds: what is in the Journal stays, an older version comes beside it.';

const COMMAND_WIDTH = 28;
const OPTION_WIDTH = 20;

export const HELP = `ds-backup: ${SUMMARY}

${Object.values(COMMANDS)
  .map(({ synopsis, summary }) => `  ds-backup ${synopsis.padEnd(COMMAND_WIDTH)}${summary}`)
  .join('\n')}
  ds-backup --help | --version

${Object.entries(OPTIONS)
  .map(([name, { value, summary }]) => {
    return `  ${(value ? `--${name} ${value}` : `--${name}`).padEnd(OPTION_WIDTH)} ${summary}`;
  })
  .join('\n')}

${PROMISE}

exit code:
${EXIT_CODES.map(([code, meaning]) => `  ${String(code).padEnd(4)}${meaning}`).join('\n')}
`;
