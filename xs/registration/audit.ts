/**
 * The audit log: which laptops registered, what was decided, and by whom; one line of JSON per step, in
 * `.audit/YYYY-MM.jsonl` beside the laptops' folders. Lines about requests that were not granted are limited
 * per day, so that junk cannot fill the disk; at most sixty months are kept.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import * as v from 'valibot';
import type { Clock } from '../../shared/clock.ts';
import { isErrno } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { fsyncFolder, namesIn } from '../../shared/system/files.ts';
import { fsyncFolderAside } from '../../shared/system/files-aside.ts';
import type { Write } from '../../shared/system/writing.ts';
import { auditMonth, inAudit, type Paths } from '../storage/paths.ts';
import { withReserve, withReserveAside } from '../storage/reserve.ts';

const EVENTS = [
  'registered',
  'key-accepted',
  'imported',
  'waiting',
  'approved',
  'rejected',
  'unrejected',
  'retired',
  'unretired',
  'forgotten',
  'separated',
  'united',
  'welcomed',
  'declined',
  'moved-back',
  'window-opened',
  'window-closed',
  'aliased',
  'unaliased',
  'teacher-added',
  'teacher-changed',
  'teacher-role',
  'teacher-removed',
  'signed-in',
  'pinned',
  'unpinned',
  'held-released',
  'held-again',
  'held-dropped',
  'undeleted',
  'cleaned-up',
  'clock-trusted',
  'journal-read',
  'class-page-on',
  'class-page-off',
  'class-approved',
  'class-refused',
  'class-cleared',
  'class-exported',
  'code-given',
  'code-used',
  'moodle-added',
  'moodle-forgotten',
  'moodle-bound',
  'moodle-ended',
  'moodle-signed-on',
  'more-not-written',
] as const;

const lineSchema = v.object({
  time: v.string(),
  event: v.picklist(EVENTS),
  /** Null for events of the whole server. */
  serial: v.nullable(v.string()),
  /** `admin` is the person at the server's terminal, `teacher` and `child` are signed in to the pages. */
  who: v.picklist(['laptop', 'admin', 'teacher', 'child']),
  /** The teacher's name. */
  name: v.optional(v.string()),
  details: v.record(v.string(), v.union([v.string(), v.number()])),
});
export type AuditLine = v.InferOutput<typeof lineSchema>;
export type AuditEvent = AuditLine['event'];
export type AuditDetails = AuditLine['details'];

const JUNK: ReadonlySet<AuditEvent> = new Set(['waiting', 'more-not-written']);
/** Lines per day for requests of laptops that were not granted, all together. */
const MAX_FROM_LAPTOPS = 200;
/** With the limit above at most about 100 MB. */
const MAX_MONTHS = 60;

const NOTHING: Write = { now: () => {}, aside: async () => {} };

export class Audit {
  readonly #options: { paths: Paths; clock: Clock; log: Log };
  /** Lines about requests that were not granted, on a day (`YYYY-MM-DD`). */
  #day: { date: string; lines: number } | undefined;
  /** The teacher in whose name the present call runs. */
  readonly #teacher = new AsyncLocalStorage<string>();

  constructor(options: { paths: Paths; clock: Clock; log: Log }) {
    this.#options = options;
  }

  /** In whose name the present call runs; undefined at the terminal and for laptops. */
  get teacher(): string | undefined {
    return this.#teacher.getStore();
  }

  /** Attributes every decision made by `work`, and by what it starts, to this teacher. */
  inNameOf<T>(teacher: string, work: () => T): T {
    return this.#teacher.run(teacher, work);
  }

  /** Records the decision of a teacher or admin. */
  decided(event: AuditEvent, serial: Serial | null, details: AuditDetails = {}): void {
    const name = this.#teacher.getStore();
    const who = name === undefined ? 'admin' : 'teacher';
    this.#write(event, serial, who, details, name).now();
  }

  /**
   * Records what gives a laptop access; always. Limits on new laptops bound how many there are, and no
   * amount of junk may hide one.
   */
  admitted(
    event: 'registered' | 'key-accepted' | 'code-used',
    serial: Serial,
    details: AuditDetails,
  ): void {
    this.admitting(event, serial, details).now();
  }

  /** The same as a write that somebody carries out. */
  admitting(
    event: 'registered' | 'key-accepted' | 'code-used',
    serial: Serial,
    details: AuditDetails,
  ): Write {
    return this.#write(event, serial, 'laptop', details);
  }

  /** Records what a child did who is signed in to the pages, or Moodle for her; its number is limited by who calls. */
  byChild(event: AuditEvent, serial: Serial, details: AuditDetails): void {
    this.#write(event, serial, 'child', details).now();
  }

  /** To record the request of a laptop; beyond the daily limit, once, that further ones are omitted. */
  asking(event: AuditEvent, serial: Serial, details: AuditDetails = {}): Write {
    const date = this.#options.clock.now().toISOString().slice(0, 10);
    if (this.#day?.date !== date) this.#day = { date, lines: countOn(this.#options.paths, date) };
    this.#day.lines += 1;
    if (this.#day.lines <= MAX_FROM_LAPTOPS) return this.#write(event, serial, 'laptop', details);
    if (this.#day.lines > MAX_FROM_LAPTOPS + 1) return NOTHING;
    return this.#write('more-not-written', null, 'laptop', { limit: MAX_FROM_LAPTOPS });
  }

  /** A failed write is only logged: the decision itself is in the laptop's record. */
  #write(
    event: AuditEvent,
    serial: Serial | null,
    who: AuditLine['who'],
    details: AuditDetails,
    name?: string,
  ): Write {
    const { paths, clock, log } = this.#options;
    const time = clock.now().toISOString();
    const line: AuditLine = {
      time,
      event,
      serial,
      who,
      ...(name !== undefined && { name }),
      details,
    };
    const failed = (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn('audit-not-written', { event, serial: serial ?? '', reason });
    };
    return {
      now: () => {
        try {
          withReserve(paths, () => appendLine(paths, line));
        } catch (error) {
          failed(error);
        }
      },
      aside: () => withReserveAside(paths, () => appendAside(paths, line)).catch(failed),
    };
  }
}

/** All lines, or those about one laptop, the oldest first. Lines torn by a power cut are left out. */
export function readAudit(paths: Paths, serial?: Serial): AuditLine[] {
  return monthsIn(paths).flatMap((month) => {
    const lines = readLines(paths, month);
    if (!serial) return lines;
    return lines.filter((line) => line.serial === serial || line.details.of === serial);
  });
}

/** What is appended to a file of this size that ends with `last`: a line that a power cut tore stays one of its own. */
function textAfter(size: number, last: Buffer, line: AuditLine): string {
  const isTorn = size > 0 && last.toString() !== '\n';
  return `${isTorn ? '\n' : ''}${JSON.stringify(line)}\n`;
}

/** A new month pushes the oldest one out. */
function forgetMonths(paths: Paths): void {
  for (const old of monthsIn(paths).slice(0, -MAX_MONTHS)) rmSync(inAudit(paths).month(old));
}

function appendLine(paths: Paths, line: AuditLine): void {
  const { folder, month } = inAudit(paths);
  if (mkdirSync(folder, { recursive: true, mode: 0o700 })) fsyncFolder(paths.library);
  const fd = openSync(month(auditMonth(line.time)), 'a+', 0o600);
  const last = Buffer.alloc(1);
  let size: number;
  try {
    size = fstatSync(fd).size;
    readSync(fd, last, 0, 1, Math.max(0, size - 1));
    writeSync(fd, textAfter(size, last, line));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  if (size > 0) return;
  forgetMonths(paths);
  fsyncFolder(folder);
}

/** `appendLine` in a thread. A line that somebody else appends meanwhile is before it or after it. */
async function appendAside(paths: Paths, line: AuditLine): Promise<void> {
  const { folder, month } = inAudit(paths);
  if (await mkdir(folder, { recursive: true, mode: 0o700 })) await fsyncFolderAside(paths.library);
  await using file = await open(month(auditMonth(line.time)), 'a+', 0o600);
  const { size } = await file.stat();
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, Math.max(0, size - 1));
  await file.write(textAfter(size, last, line));
  await file.sync();
  if (size > 0) return;
  forgetMonths(paths);
  await fsyncFolderAside(folder);
}

function countOn(paths: Paths, date: string): number {
  const lines = readLines(paths, auditMonth(date));
  return lines.filter(({ event, time }) => JUNK.has(event) && time.startsWith(date)).length;
}

function monthsIn(paths: Paths): string[] {
  const names = namesIn(inAudit(paths).folder).filter((name) => /^\d{4}-\d\d\.jsonl$/.test(name));
  return names.map(auditMonth).sort();
}

function readLines(paths: Paths, month: string): AuditLine[] {
  let text: string;
  try {
    text = readFileSync(inAudit(paths).month(month), 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => {
    try {
      return [v.parse(lineSchema, JSON.parse(line))];
    } catch {
      return [];
    }
  });
}
