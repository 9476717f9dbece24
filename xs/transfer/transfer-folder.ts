/**
 * A transfer folder (PROTOCOL.md, "A transfer"): `TRANSFER.json`, written last, and `files/`, where each file has
 * its digest as its name. So the folder may lie on any file system, and no name in it becomes a path.
 */
import { lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { DsError, isErrno } from '../../shared/errors.ts';
import { idSchema } from '../../shared/id-schema.ts';
import {
  type Digest,
  parseDigest,
  parseSerial,
  parseSnapshotName,
  parseUid,
} from '../../shared/ids.ts';
import { COLORS } from '../../shared/journal/colors.ts';
import type { Content } from '../../shared/journal/entry.ts';
import { hasContent } from '../storage/checked-entry.ts';

export const HEAD = 'TRANSFER.json';
/** A thousand days of a chain of laptops are a few hundred kilobytes; in bytes. */
const MAX_HEAD_BYTES = 32 * 1024 * 1024;
/** A child whose laptop broke more often is nobody. */
const MAX_LAPTOPS = 50;
/** More than a century of backups. */
const MAX_SNAPSHOTS = 50_000;
const MAX_PINS = 200_000;
/** Leaves room to count on. */
const MAX_SEQUENCE = 1e12;

const digest = idSchema(parseDigest);
const serial = idSchema(parseSerial);
const time = v.pipe(v.string(), v.isoTimestamp());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const order = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(-MAX_SEQUENCE),
  v.maxValue(MAX_SEQUENCE),
);

const snapshotSchema = v.strictObject({
  name: idSchema(parseSnapshotName),
  sequence: order,
  /** The shrink guard held it aside. */
  held: v.boolean(),
  /** Of HELD. */
  note: v.nullable(digest),
  manifest: digest,
  /** Of SUMS.gz. */
  sums: digest,
});
const pinSchema = v.strictObject({
  uid: idSchema(parseUid),
  digest,
  /** Of PIN. */
  note: v.nullable(digest),
});
const laptopSchema = v.strictObject({
  serial,
  nick: v.pipe(v.string(), v.maxLength(200)),
  colors: v.nullable(v.pipe(v.string(), v.regex(COLORS))),
  retired: v.nullable(time),
  /** Since when it is the next one in the list that it replaces; null for the last. */
  replaces: v.nullable(time),
  /** When its Journal was last known to be safe. */
  lastSuccess: v.nullable(time),
  snapshots: v.pipe(v.array(snapshotSchema), v.maxLength(MAX_SNAPSHOTS)),
  pinnedSnapshots: v.pipe(v.array(idSchema(parseSnapshotName)), v.maxLength(MAX_SNAPSHOTS)),
  pins: v.pipe(v.array(pinSchema), v.maxLength(MAX_PINS)),
});
const headSchema = v.strictObject({
  format: v.literal('ds-backup-transfer'),
  version: v.literal(1),
  made: time,
  /** The same moment on the timeline of the library that it comes from, in milliseconds. */
  at: count,
  /** Hers first, then the one that it replaced, and so on. */
  laptops: v.pipe(v.array(laptopSchema), v.minLength(1), v.maxLength(MAX_LAPTOPS)),
  /** Of all files, each once. */
  files: count,
  bytes: count,
});
export type TransferHead = v.InferOutput<typeof headSchema>;
export type MovedLaptop = v.InferOutput<typeof laptopSchema>;
export type MovedSnapshot = v.InferOutput<typeof snapshotSchema>;

export function fileIn(folder: string, name: Digest): string {
  return join(folder, 'files', name.slice(0, 2), name);
}

/**
 * Lets `put` write the file unless it is there already, from an earlier attempt, and reads what is there then: the
 * copy is compared, and not what it was made of. False where it is not this content; nothing is there then.
 */
export async function putFile(folder: string, content: Content, put: (target: string) => void) {
  const target = fileIn(folder, content.digest);
  if (await hasContent(target, content)) return true;
  rmSync(target, { force: true });
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  put(target);
  if (await hasContent(target, content)) return true;
  rmSync(target, { force: true });
  return false;
}

export function headText(head: TransferHead): string {
  return `${JSON.stringify(head, null, 1)}\n`;
}

/** Throws `not-found` for a folder that is none, and `bad-input` for one that is not as it should be. */
export function readHead(folder: string): TransferHead {
  const path = join(folder, HEAD);
  let text: string;
  try {
    const stat = lstatSync(path);
    if (!stat.isFile() || stat.size > MAX_HEAD_BYTES)
      throw badTransfer(`${HEAD} is not a file, or too large`);
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (!isErrno(cause, 'ENOENT', 'ENOTDIR')) throw cause;
    throw new DsError(
      'not-found',
      `${folder} has no ${HEAD}: it is not a transfer, or not complete`,
      {
        hint: 'repeat "xs-backup transfer out" at the other school: it goes on where it was',
        cause,
      },
    );
  }
  const head = parseHead(text);
  checkHead(head);
  return head;
}

function parseHead(text: string): TransferHead {
  try {
    return v.parse(headSchema, JSON.parse(text));
  } catch (cause) {
    throw badTransfer(`${HEAD} cannot be read`, cause);
  }
}

function checkHead({ laptops }: TransferHead): void {
  const isOnce = (all: readonly unknown[]) => new Set(all).size === all.length;
  if (!isOnce(laptops.map((one) => one.serial))) throw badTransfer('a laptop is named twice');
  for (const [n, laptop] of laptops.entries()) {
    const { snapshots, pins, replaces } = laptop;
    const names = snapshots.map(({ name }) => name);
    const order = snapshots.map(({ sequence }) => sequence);
    const pinned = pins.map((pin) => `${pin.uid} ${pin.digest}`);
    if (![names, order, pinned].every(isOnce)) {
      throw badTransfer(`something of ${laptop.serial} is named twice`);
    }
    if ((replaces === null) !== (n === laptops.length - 1)) {
      throw badTransfer(`${laptop.serial} replaces nobody in it`);
    }
  }
}

export function badTransfer(why: string, cause?: unknown): DsError {
  return new DsError('bad-input', `this transfer is not as it should be: ${why}`, {
    hint: 'nothing was changed here; have it written again at the other school, on another disk',
    cause,
  });
}
