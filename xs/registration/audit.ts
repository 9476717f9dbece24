/**
 * Who was let in, what was decided, and by whom (X2, X10, X12): one line of JSON for each step, in
 * `.audit/YYYY-MM.jsonl` beside the laptops' folders. What laptops cause is bounded, so that junk
 * cannot fill the disk; the oldest month goes when there are sixty.
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
import * as v from 'valibot';
import type { Clock } from '../../shared/clock.ts';
import { isErrno } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { fsyncFolder, namesIn } from '../../shared/system/files.ts';
import { auditMonth, inAudit, type Paths } from '../storage/paths.ts';

const EVENTS = [
  'registered',
  'key-accepted',
  'waiting',
  'approved',
  'rejected',
  'unrejected',
  'retired',
  'unretired',
  'forgotten',
  'window-opened',
  'window-closed',
  'aliased',
  'unaliased',
  'teacher-added',
  'teacher-changed',
  'teacher-removed',
  'pinned',
  'unpinned',
  'held-released',
  'held-dropped',
  'undeleted',
  'cleaned-up',
  'clock-trusted',
  'journal-read',
  'more-not-written',
] as const;

const lineSchema = v.object({
  time: v.string(),
  event: v.picklist(EVENTS),
  /** Null for what concerns the whole server. */
  serial: v.nullable(v.string()),
  /** `admin` is whoever was at the server's terminal, `teacher` one who signed in to the pages. */
  who: v.picklist(['laptop', 'admin', 'teacher']),
  /** Of a teacher. */
  name: v.optional(v.string()),
  details: v.record(v.string(), v.union([v.string(), v.number()])),
});
export type AuditLine = v.InferOutput<typeof lineSchema>;
export type AuditEvent = AuditLine['event'];
export type AuditDetails = AuditLine['details'];

/** Lines that laptops may cause in a day. */
const MAX_FROM_LAPTOPS = 200;
/** With the bound above these are some 100 MB at the very worst. */
const MAX_MONTHS = 60;

export class Audit {
  readonly #options: { paths: Paths; clock: Clock; log: Log };
  /** How many lines laptops caused on a day (`YYYY-MM-DD`). */
  #day: { date: string; lines: number } | undefined;
  /** Which teacher's wish is being carried out. */
  readonly #teacher = new AsyncLocalStorage<string>();

  constructor(options: { paths: Paths; clock: Clock; log: Log }) {
    this.#options = options;
  }

  /** All that is decided while `work` runs, and in what it starts, is this teacher's decision. */
  inNameOf<T>(teacher: string, work: () => T): T {
    return this.#teacher.run(teacher, work);
  }

  /** What a teacher or admin decided. */
  decided(event: AuditEvent, serial: Serial | null, details: AuditDetails = {}): void {
    const name = this.#teacher.getStore();
    this.#append(event, serial, name === undefined ? 'admin' : 'teacher', details, name);
  }

  /** What a laptop asked for; from a certain number a day on it is only said that there was more. */
  asked(event: AuditEvent, serial: Serial, details: AuditDetails = {}): void {
    const date = this.#options.clock.now().toISOString().slice(0, 10);
    if (this.#day?.date !== date) this.#day = { date, lines: countOn(this.#options.paths, date) };
    this.#day.lines += 1;
    if (this.#day.lines <= MAX_FROM_LAPTOPS) this.#append(event, serial, 'laptop', details);
    else if (this.#day.lines === MAX_FROM_LAPTOPS + 1) {
      this.#append('more-not-written', null, 'laptop', { limit: MAX_FROM_LAPTOPS });
    }
  }

  /** A line that cannot be written must not undo what was decided: the laptop's own file has it. */
  #append(
    event: AuditEvent,
    serial: Serial | null,
    who: AuditLine['who'],
    details: AuditDetails,
    name?: string,
  ): void {
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
    try {
      appendLine(paths, line);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn('audit-not-written', { event, serial: serial ?? '', reason });
    }
  }
}

/** All lines, or those about one laptop, the oldest first. What a power cut tore is left out. */
export function readAudit(paths: Paths, serial?: Serial): AuditLine[] {
  return monthsIn(paths).flatMap((month) => {
    const lines = readLines(paths, month);
    if (!serial) return lines;
    return lines.filter((line) => line.serial === serial || line.details.of === serial);
  });
}

function appendLine(paths: Paths, line: AuditLine): void {
  const audit = inAudit(paths);
  const file = audit.month(auditMonth(line.time));
  if (mkdirSync(audit.folder, { recursive: true, mode: 0o700 })) fsyncFolder(paths.library);
  const fd = openSync(file, 'a+', 0o600);
  let isNew: boolean;
  try {
    const { size } = fstatSync(fd);
    isNew = size === 0;
    const last = Buffer.alloc(1);
    const torn = !isNew && readSync(fd, last, 0, 1, size - 1) === 1 && last.toString() !== '\n';
    writeSync(fd, `${torn ? '\n' : ''}${JSON.stringify(line)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  if (!isNew) return;
  for (const old of monthsIn(paths).slice(0, -MAX_MONTHS)) rmSync(audit.month(old));
  fsyncFolder(audit.folder);
}

function countOn(paths: Paths, date: string): number {
  const lines = readLines(paths, auditMonth(date));
  return lines.filter((line) => line.who === 'laptop' && line.time.startsWith(date)).length;
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
