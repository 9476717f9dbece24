/**
 * Teachers who may sign in to the pages: names, scrypt hashes of their passwords and what each may do, in one file
 * that only the service's user can read. It is read for every check, so a removed teacher is out at once.
 */
import {
  type BinaryLike,
  randomBytes,
  type ScryptOptions,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { DsError, isErrno } from '../../shared/errors.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { inState, type Paths } from '../storage/paths.ts';

const derive = promisify<BinaryLike, BinaryLike, number, ScryptOptions, Buffer>(scrypt);

/** A keeper of the server may do everything; a teacher nothing that is for the whole school, or takes something away. */
export const ROLES = ['keeper', 'teacher'] as const;
export type Role = (typeof ROLES)[number];

const account = {
  name: v.string(),
  salt: v.pipe(v.string(), v.base64()),
  hash: v.pipe(v.string(), v.base64()),
  cost: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(1 << 20)),
  added: v.string(),
};
/** From when everybody could do everything. */
const firstSchema = v.strictObject({
  version: v.literal(1),
  teachers: v.array(v.strictObject(account)),
});
const schema = v.strictObject({
  version: v.literal(2),
  teachers: v.array(v.strictObject({ ...account, role: v.picklist(ROLES) })),
});
export type Teacher = v.InferOutput<typeof schema>['teachers'][number];

const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._ -]{0,39}$/u;
/** In characters. */
export const MIN_PASSWORD = 10;
const MAX_PASSWORD = 200;
/** scrypt's N: 32 MB and about 100 ms per hash on a school's server. */
const COST = 1 << 15;
const HASH_BYTES = 32;
/** Bounds memory and time of concurrent hashes. */
const MAX_WAITING = 4;

/** Throws `config` for an unreadable file: nobody can sign in until it is repaired. */
export function readTeachers(paths: Paths): Teacher[] {
  return readAccounts(inState(paths).teachers);
}

/**
 * Accounts that came back from the copy elsewhere, which may be older than somebody's removal. None of them opens
 * anything before `confirmTeacher`. Throws `config` for an unreadable file.
 */
export function readOfCopy(paths: Paths): Teacher[] {
  const names = new Set(teachersNow(paths).map((one) => one.name));
  return readAccounts(inState(paths).teachersOfCopy).filter((one) => !names.has(one.name));
}

function readAccounts(file: string): Teacher[] {
  try {
    const read = v.parse(
      v.variant('version', [firstSchema, schema]),
      JSON.parse(readFileSync(file, 'utf8')),
    );
    if (read.version === 2) return read.teachers;
    return read.teachers.map((one) => ({ ...one, role: 'keeper' }));
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return [];
    const hint = 'remove it and add the teachers again: "xs-backup teacher add NAME"';
    throw new DsError('config', `${file} is damaged or unreadable`, { hint, cause });
  }
}

/** Those who may sign in now: nobody while the file cannot be read. Children's pages go on meanwhile. */
export function teachersNow(paths: Paths): Teacher[] {
  return readIf(() => readTeachers(paths));
}

/** Who could sign in before the library was lost, and waits to be confirmed; nobody while that cannot be read. */
export function namesOfCopy(paths: Paths): string[] {
  return readIf(() => readOfCopy(paths)).map((one) => one.name);
}

function readIf(read: () => Teacher[]): Teacher[] {
  try {
    return read();
  } catch {
    return [];
  }
}

/**
 * Adds a teacher, or changes the password of one, who keeps her role unless another is given. Whoever is the first is
 * a keeper. Throws `bad-input` naming what is wrong.
 */
export async function addTeacher(
  paths: Paths,
  name: string,
  password: string,
  now: Date,
  role?: Role,
): Promise<{ done: 'added' | 'changed'; role: Role }> {
  const wanted = name.normalize('NFC');
  if (!NAME.test(wanted)) {
    const hint = 'up to 40 letters, digits, spaces, dots, hyphens, and a letter or digit first';
    throw new DsError('bad-input', `${JSON.stringify(name)} is not a valid teacher name`, { hint });
  }
  const { length } = password;
  if (length < MIN_PASSWORD || length > MAX_PASSWORD) {
    const limits = `between ${MIN_PASSWORD} and ${MAX_PASSWORD} characters`;
    throw new DsError('bad-input', `a password has ${limits}, this one ${length}`, {
      hint: 'four unrelated words are easy to remember',
    });
  }
  const salt = randomBytes(16);
  const hash = await hashOf(password, salt, COST);
  const others = readTeachers(paths);
  const before = others.find((one) => one.name === wanted);
  const fresh: Teacher = {
    role: role ?? before?.role ?? (others.length === 0 ? 'keeper' : 'teacher'),
    ...{ name: wanted, salt: salt.toString('base64'), hash: hash.toString('base64') },
    ...{ cost: COST, added: now.toISOString() },
  };
  const rest = others.filter((one) => one.name !== wanted);
  write(paths, [...rest, fresh]);
  dropOfCopy(paths, wanted);
  return { done: before ? 'changed' : 'added', role: fresh.role };
}

/** Changes what somebody may do, at once. Throws `not-found`. */
export function setRole(paths: Paths, name: string, role: Role): void {
  const all = readTeachers(paths);
  const wanted = name.normalize('NFC');
  if (!all.some((one) => one.name === wanted)) throw noTeacher(name);
  write(
    paths,
    all.map((one) => (one.name === wanted ? { ...one, role } : one)),
  );
}

/** Also one that only the copy has. Throws `not-found`. */
export function removeTeacher(paths: Paths, name: string): void {
  const wanted = name.normalize('NFC');
  const all = readTeachers(paths);
  const rest = all.filter((one) => one.name !== wanted);
  if (rest.length < all.length) write(paths, rest);
  if (!dropOfCopy(paths, wanted) && rest.length === all.length) throw noTeacher(name);
}

/**
 * Lets somebody whose account came back from the copy sign in again, with the password and the role that she had.
 * Returns the role. Throws `not-found`.
 */
export function confirmTeacher(paths: Paths, name: string): Role {
  const wanted = name.normalize('NFC');
  const found = readOfCopy(paths).find((one) => one.name === wanted);
  if (!found) throw noTeacher(name);
  write(paths, [...readTeachers(paths), found]);
  dropOfCopy(paths, wanted);
  return found.role;
}

/** Whether there was one. A file that cannot be read opens nothing for anybody. */
function dropOfCopy(paths: Paths, name: string): boolean {
  const file = inState(paths).teachersOfCopy;
  const all = readIf(() => readAccounts(file));
  const rest = all.filter((one) => one.name !== name);
  if (rest.length === all.length) return false;
  writeAccounts(file, rest);
  return true;
}

function noTeacher(name: string): DsError {
  return new DsError('not-found', `there is no teacher ${JSON.stringify(name)}`, {
    hint: '"xs-backup teacher list" shows them',
  });
}

/** Capitals do not count, unless two differ by nothing else. */
function meant(all: readonly Teacher[], name: string): Teacher | undefined {
  const alike = all.filter((one) => one.name.toLowerCase() === name.toLowerCase());
  return all.find((one) => one.name === name) ?? (alike.length === 1 ? alike[0] : undefined);
}

/** The teacher with this name and password. Takes equally long for an unknown name. */
export async function checkTeacher(
  paths: Paths,
  name: string,
  password: string,
): Promise<Teacher | undefined> {
  const teacher = meant(teachersNow(paths), name.trim().normalize('NFC'));
  const salt = Buffer.from(teacher?.salt ?? '', 'base64');
  const right = teacher ? Buffer.from(teacher.hash, 'base64') : Buffer.alloc(HASH_BYTES);
  const found = await hashOf(password.slice(0, MAX_PASSWORD), salt, teacher?.cost ?? COST);
  return right.length === found.length && timingSafeEqual(found, right) ? teacher : undefined;
}

/** Changes with the password, without revealing anything about it. */
export function stampOf({ salt, added }: Teacher): string {
  return `${salt} ${added}`;
}

/** Who answers for something as long as her account and its password stay. */
export interface Giver {
  name: string;
  /** Undefined where nobody could read the accounts then. */
  stamp: string | undefined;
}

export function giverNow(paths: Paths, name: string): Giver {
  const found = teachersNow(paths).find((one) => one.name === name);
  return { name, stamp: found && stampOf(found) };
}

/** False for an account that was removed or has another password. Nobody is judged while the file cannot be read. */
export function stillAnswers(paths: Paths, { name, stamp }: Giver): boolean {
  try {
    const found = readTeachers(paths).find((one) => one.name === name);
    return found !== undefined && (stamp === undefined || stampOf(found) === stamp);
  } catch {
    return true;
  }
}

let last: Promise<unknown> = Promise.resolve();
let waiting = 0;

/** Hashes one password at a time. Throws `busy` when too many wait. */
async function hashOf(password: string, salt: Buffer, cost: number): Promise<Buffer> {
  if (waiting >= MAX_WAITING) {
    throw new DsError('busy', 'too many sign in at once', { hint: 'try again in a moment' });
  }
  waiting += 1;
  const options = { N: cost, r: 8, p: 1, maxmem: 256 * cost * 8 };
  const mine = last.then(() => derive(password.normalize('NFC'), salt, HASH_BYTES, options));
  last = mine.catch(() => {});
  try {
    return await mine;
  } finally {
    waiting -= 1;
  }
}

function write(paths: Paths, teachers: readonly Teacher[]): void {
  writeAccounts(inState(paths).teachers, teachers);
}

function writeAccounts(file: string, teachers: readonly Teacher[]): void {
  const sorted = [...teachers].sort((a, b) => a.name.localeCompare(b.name));
  const text = `${JSON.stringify({ version: 2, teachers: sorted }, null, 2)}\n`;
  writeFileDurably(file, text, 0o600);
}
