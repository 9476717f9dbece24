/**
 * What the scripted agent shows: its properties and jobs, which run by a timer, and the signals about them.
 */
import dbus, { type MessageBus, Variant } from 'dbus-next';
import {
  AGENT_PROPERTIES,
  BACKUP_NAME,
  BACKUP_PATH,
  INTERFACE_VERSION,
  JOB_INTERFACE,
  JOB_PROPERTIES,
  jobPath,
} from '../../shared/backup-bus.ts';
import { type Entry, makeEntries, now, snapshotOf } from './scripted-journal.ts';

export type Shown = Record<string, Variant>;

export interface ScriptedJob {
  path: string;
  properties: Shown;
  timer?: NodeJS.Timeout;
}

export const s = (value: string) => new Variant('s', value);
export const u = (value: number) => new Variant('u', value);
export const t = (value: number) => new Variant('t', BigInt(value));
export const x = (value: number) => new Variant('x', BigInt(Math.floor(value)));

/** D-Bus type → a value with nothing in it. */
const EMPTY: Record<string, unknown> = {
  ...{ s: '', u: 0, t: 0n, x: 0n, as: [], ao: [], 'a{sv}': {}, 'a(ssuu)': [] },
  ...{ '(uu)': [0, 0], '(sss)': ['', '', ''], '(uuuu)': [0, 0, 0, 0] },
};

/** Every property of a table, with nothing in it. */
function emptyProperties(types: Readonly<Record<string, string>>): Shown {
  const properties = Object.entries(types).map(([name, type]) => {
    return [name, new Variant(type, EMPTY[type])] as const;
  });
  return Object.fromEntries(properties);
}

export class ScriptedAgent {
  readonly bus: MessageBus;
  readonly entries: Entry[];
  readonly properties: Shown;
  readonly jobs: ScriptedJob[] = [];
  /** Method → error code it answers with. */
  readonly failing = new Map<string, string>();
  /** Methods that are not answered for now → what answers then. */
  readonly held = new Map<string, (() => void)[]>();
  speedMs = 120;

  constructor(bus: MessageBus, count: number) {
    this.bus = bus;
    this.entries = makeEntries(count);
    this.properties = {
      ...emptyProperties(AGENT_PROPERTIES),
      Version: u(INTERFACE_VERSION),
      State: s('safe'),
      Reasons: new Variant('as', ['done']),
      LastBackup: x(now() - 3 * 3600),
      LastSnapshot: s(snapshotOf(0)),
      Registration: s('accepted'),
      Serial: s('CSN74803BB1'),
      Server: s('schoolserver'),
      SafeEntries: u(count),
      TotalEntries: u(count),
      PinnedBytes: t(1_300_000),
      PinLimit: t(4_000_000),
    };
  }

  /** Answers now, or once the method is not held any more. */
  whenLet(member: string, answer: () => void): true {
    const waiting = this.held.get(member);
    if (waiting) waiting.push(answer);
    else answer();
    return true;
  }

  letGo(member: string): void {
    const waiting = this.held.get(member) ?? [];
    this.held.delete(member);
    for (const answer of waiting) answer();
  }

  /** Gives every entry a title that no screen has room for, without a place to break it. */
  lengthen(): void {
    for (const entry of this.entries) entry.title += ` ${'Donaudampfschifffahrt'.repeat(9)}`;
  }

  set(changed: Shown): void {
    Object.assign(this.properties, changed);
    this.changed(BACKUP_PATH, BACKUP_NAME, changed);
  }

  changed(path: string, iface: string, changed: Shown): void {
    const message = dbus.Message.newSignal(
      path,
      'org.freedesktop.DBus.Properties',
      'PropertiesChanged',
      'sa{sv}as',
      [iface, changed, []],
    );
    this.bus.send(message);
  }

  startJob(kind: string, total: number, more: Shown = {}): string {
    const path = jobPath(this.jobs.length + 1);
    const job: ScriptedJob = {
      path,
      properties: {
        ...emptyProperties(JOB_PROPERTIES),
        ...progressOf(0, total),
        ...{ Kind: s(kind), State: s('running'), Snapshot: s(snapshotOf(0)) },
        ...more,
      },
    };
    this.jobs.push(job);
    this.set({
      Jobs: new Variant(
        'ao',
        this.jobs.map((known) => known.path),
      ),
      State: s(kind === 'backup' ? 'sending' : 'restoring'),
    });
    let done = 0;
    job.timer = setInterval(() => {
      done += 1;
      const entry = this.entries[done % this.entries.length];
      this.update(job, {
        ...progressOf(done, total),
        CurrentEntry: s(entry?.uid ?? ''),
        CurrentTitle: s(entry?.title ?? ''),
      });
      if (done >= total) this.endJob(job, 'done', total);
    }, this.speedMs);
    return path;
  }

  update(job: ScriptedJob, changed: Shown): void {
    Object.assign(job.properties, changed);
    this.changed(job.path, JOB_INTERFACE, changed);
  }

  endJob(job: ScriptedJob, state: string, total: number): void {
    clearInterval(job.timer);
    const summary = { restored: t(total), beside: t(1), alreadyHere: t(2), problems: t(0) };
    this.update(job, { State: s(state), Summary: new Variant('a{sv}', summary) });
    this.bus.send(dbus.Message.newSignal(job.path, JOB_INTERFACE, 'Finished', 's', [state]));
    this.set({ State: s('safe'), Reasons: new Variant('as', ['done']) });
  }

  /** Cancels the running jobs, or the one at this path. */
  cancel(path?: string): void {
    for (const job of this.jobs) {
      if (path !== undefined && job.path !== path) continue;
      if (job.properties.State?.value !== 'running') continue;
      const { EntriesDone, EntriesTotal, Kind, Of, Snapshot } = job.properties;
      this.endJob(job, 'cancelled', 0);
      if (Kind?.value !== 'restore') continue;
      const unfinished = [Of?.value, Snapshot?.value, EntriesDone?.value, EntriesTotal?.value];
      this.set({ Unfinished: new Variant('a(ssuu)', [unfinished]) });
    }
  }
}

function progressOf(done: number, total: number): Shown {
  return {
    ...{ Phase: s('sending'), EntriesDone: u(done), EntriesTotal: u(total) },
    ...{ BytesDone: t(done * 1000), BytesTotal: t(total * 1000) },
    ...{ CurrentEntry: s(''), CurrentTitle: s(''), TimeLeft: new Variant('(uu)', [300, 600]) },
  };
}
