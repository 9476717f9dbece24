/**
 * A line for each day of the school in the library, for a little more than a year: how full the disk was,
 * how many laptops came and how many failed (`.days/days.jsonl`); and who, by month (`.days/YYYY-MM.jsonl`).
 * PROTOCOL.md, "Days of the school". A line that cannot be read is left out.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import * as v from 'valibot';
import { namesIn } from '../../shared/system/files.ts';
import { writeFileAside } from '../../shared/system/files-aside.ts';
import { inDays, type Paths } from '../storage/paths.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const date = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\d$/));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const daySchema = v.object({
  /** In the server's time zone. */
  date,
  /** Of the library's file system, in bytes; of its inodes the free share, 0…1. */
  usedBytes: count,
  freeBytes: count,
  freeInodes: share,
  /** Registered laptops in use; those that were safe on that day; those that tried and were not. */
  laptops: count,
  came: count,
  failed: count,
});
export type SchoolDay = v.InferOutput<typeof daySchema>;

const serials = v.array(v.pipe(v.string(), v.regex(/^[A-Z]{3}[0-9A-F]{8}$/)));
const whoSchema = v.object({ date, came: serials, failed: serials });
/** The serial numbers of a day, sorted. A laptop that came in the end did not fail. */
export type WhoCame = v.InferOutput<typeof whoSchema>;

/** A year and a month, so that a year can be compared with the one before. */
const KEPT_DAYS = 400;
const KEPT_MONTHS = 14;
const MODE = 0o640;

/** `YYYY-MM-DD` in the server's time zone. */
export function dayOf(time: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

/** Oldest first. */
export function readDays(paths: Paths): SchoolDay[] {
  return readLines(inDays(paths).days, daySchema);
}

/** Who came on this day; nobody where it is not known. */
export function readWho(paths: Paths, day: string): WhoCame {
  const known = readLines(inDays(paths).month(day), whoSchema).find((one) => one.date === day);
  return known ?? { date: day, came: [], failed: [] };
}

/** Replaces the line of this day, in both files. Resolves when that is durable; one call at a time. */
export async function writeDay(paths: Paths, day: SchoolDay, who: WhoCame): Promise<void> {
  const places = inDays(paths);
  mkdirSync(places.folder, { recursive: true, mode: 0o750 });
  const month = replaced(readLines(places.month(day.date), whoSchema), who);
  await writeFileAside(places.month(day.date), textOf(month), MODE);
  const days = replaced(readDays(paths), day);
  await writeFileAside(places.days, textOf(days.slice(-KEPT_DAYS)), MODE);
  const months = namesIn(places.folder).filter((name) => /^\d{4}-\d\d\.jsonl$/.test(name));
  for (const name of months.sort().slice(0, -KEPT_MONTHS)) rmSync(places.month(name));
}

function replaced<Line extends { date: string }>(lines: readonly Line[], line: Line): Line[] {
  const others = lines.filter((one) => one.date !== line.date);
  return [...others, line].sort((a, b) => a.date.localeCompare(b.date));
}

function textOf(lines: readonly unknown[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function readLines<Output>(file: string, schema: v.GenericSchema<unknown, Output>): Output[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return []; // none yet; or unreadable, and written anew
  }
  return text.split('\n').flatMap((line) => {
    try {
      return [v.parse(schema, JSON.parse(line))];
    } catch {
      return [];
    }
  });
}
