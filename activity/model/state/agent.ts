/**
 * The agent's properties and jobs (PROTOCOL.md, "On the laptop's bus") as plain values. A property
 * that is missing or of the wrong type reads as empty, and a count never exceeds its total.
 */

/**
 * `starting` before its first answer; `asleep` after it exited by itself; `absent` if it cannot start;
 * `cut-off` while there is no session bus to find it on.
 */
export type Presence = 'starting' | 'present' | 'asleep' | 'absent' | 'cut-off';

export interface Progress {
  phase: string;
  entriesDone: number;
  entriesTotal: number;
  bytesDone: number;
  bytesTotal: number;
  currentEntry: string;
  currentTitle: string;
  /** A range in seconds; both 0 while unknown. */
  timeLeft: [number, number];
}

export interface Problem {
  code: string;
  message: string;
  hint: string;
}

export interface Unfinished {
  of: string;
  snapshot: string;
  back: number;
  total: number;
}

/** The day that is shown in the Journal, as *code*, serial and snapshot. */
export interface InJournal {
  /** Empty from an agent that is older than this. */
  state: string;
  of: string;
  snapshot: string;
  /** It has all things of that day. */
  isWhole: boolean;
}

export interface Agent extends Progress {
  presence: Presence;
  state: string;
  reasons: string[];
  lastBackup: number;
  nextBackup: number;
  lastSnapshot: string;
  queuePlace: number;
  queuedUntil: number;
  registration: string;
  pairingCode: string;
  serverTrust: string;
  serial: string;
  server: string;
  safeEntries: number;
  totalEntries: number;
  pinnedBytes: number;
  pinLimit: number;
  held: string;
  unfinished: Unfinished[];
  inJournal: InJournal;
  problem: Problem;
  jobs: string[];
}

export interface Job extends Progress {
  kind: string;
  state: string;
  reasons: string[];
  of: string;
  snapshot: string;
  entry: string;
  problem: Problem;
  summary: Record<string, number>;
}

/** Properties by their D-Bus names, without variants. */
export type Properties = Readonly<Record<string, unknown>>;

/** Whether nothing can be asked for now. */
export function isAbsent({ presence }: Agent): boolean {
  return presence === 'absent' || presence === 'cut-off';
}

export function readAgent(presence: Presence, properties: Properties): Agent {
  const read = reader(properties);
  const total = read.count('TotalEntries');
  return {
    presence,
    ...readProgress(properties),
    state: read.text('State'),
    reasons: read.texts('Reasons'),
    lastBackup: read.number('LastBackup'),
    nextBackup: read.number('NextBackup'),
    lastSnapshot: read.text('LastSnapshot'),
    queuePlace: read.count('QueuePlace'),
    queuedUntil: read.number('QueuedUntil'),
    registration: read.text('Registration'),
    pairingCode: /^\d{6}$/.test(read.text('PairingCode')) ? read.text('PairingCode') : '',
    serverTrust: read.text('ServerTrust'),
    serial: read.text('Serial'),
    server: read.text('Server'),
    safeEntries: Math.min(read.count('SafeEntries'), total),
    totalEntries: total,
    pinnedBytes: read.count('PinnedBytes'),
    pinLimit: read.count('PinLimit'),
    held: read.text('Held'),
    unfinished: read.list('Unfinished').flatMap(readUnfinished),
    inJournal: readInJournal(read.texts('InJournal'), properties.LeftOut),
    problem: readProblem(properties.Problem),
    jobs: read.texts('Jobs'),
  };
}

export function readJob(properties: Properties): Job {
  const read = reader(properties);
  return {
    ...readProgress(properties),
    kind: read.text('Kind'),
    state: read.text('State'),
    reasons: read.texts('Reasons'),
    of: read.text('Of'),
    snapshot: read.text('Snapshot'),
    entry: read.text('Entry'),
    problem: readProblem(properties.Problem),
    summary: readSummary(properties.Summary),
  };
}

/** The agent is doing something, as opposed to waiting or resting. */
export function isWorking({ state }: Agent): boolean {
  return ['asking', 'sending', 'confirming', 'restoring'].includes(state);
}

/** Backups go to a school that no teacher has confirmed yet: who it is was not proved by a person. */
export function isUnconfirmed({ registration, serverTrust, pairingCode }: Agent): boolean {
  return registration === 'accepted' && serverTrust === 'unconfirmed' && pairingCode !== '';
}

/** Every entry that Sugar shows is safe at school; the one condition for calling the Journal safe. */
export function isAllSafe({ safeEntries, totalEntries }: Agent): boolean {
  return totalEntries > 0 && safeEntries === totalEntries;
}

/** The object path of this job; empty for one that the agent has forgotten. */
export function pathOf(jobs: Readonly<Record<string, Job>>, job: Job): string {
  return Object.keys(jobs).find((path) => jobs[path] === job) ?? '';
}

/** Whether a job is still waiting or running. */
export function isOpen(job: Job): boolean {
  return job.state === 'waiting' || job.state === 'running';
}

/** Typed readers of single properties; each returns the empty value for a wrong type. */
export function reader(properties: Properties) {
  const number = (name: string): number => {
    const value = properties[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : 0;
  };
  const list = (name: string): unknown[] => {
    const value = properties[name];
    return Array.isArray(value) ? value : [];
  };
  return {
    number,
    list,
    count: (name: string): number => Math.max(0, Math.trunc(number(name))),
    text: (name: string): string => {
      const value = properties[name];
      return typeof value === 'string' ? value : '';
    },
    flag: (name: string): boolean => properties[name] === true,
    texts: (name: string): string[] =>
      list(name).filter((value): value is string => typeof value === 'string'),
  };
}

function readProgress(properties: Properties): Progress {
  const read = reader(properties);
  const [entriesTotal, bytesTotal] = [read.count('EntriesTotal'), read.count('BytesTotal')];
  const [low, high] = read.list('TimeLeft').map(Number);
  const usable = Number.isFinite(low) && Number.isFinite(high);
  return {
    phase: read.text('Phase'),
    entriesDone: Math.min(read.count('EntriesDone'), entriesTotal),
    entriesTotal,
    bytesDone: Math.min(read.count('BytesDone'), bytesTotal),
    bytesTotal,
    currentEntry: read.text('CurrentEntry'),
    currentTitle: read.text('CurrentTitle'),
    timeLeft: usable ? [Math.max(0, low ?? 0), Math.max(0, high ?? 0)] : [0, 0],
  };
}

function readInJournal(
  [state = '', of = '', snapshot = '']: string[],
  leftOut: unknown,
): InJournal {
  const counts = Array.isArray(leftOut) ? leftOut : [];
  return { state, of, snapshot, isWhole: !counts.some((count) => count > 0) };
}

function readUnfinished(value: unknown): Unfinished[] {
  if (!Array.isArray(value)) return [];
  const [of, snapshot, back, total] = value;
  if (typeof of !== 'string' || typeof snapshot !== 'string') return [];
  if (typeof back !== 'number' || typeof total !== 'number') return [];
  return [{ of, snapshot, back: Math.min(back, total), total }];
}

function readProblem(value: unknown): Problem {
  const [code, message, hint] = Array.isArray(value) ? value.map(String) : [];
  return { code: code ?? '', message: message ?? '', hint: hint ?? '' };
}

function readSummary(value: unknown): Record<string, number> {
  const found: Record<string, number> = {};
  if (typeof value !== 'object' || value === null) return found;
  for (const [name, count] of Object.entries(value)) {
    if (typeof count === 'number') found[name] = count;
  }
  return found;
}
