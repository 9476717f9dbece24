/**
 * A small Journal in a temporary folder, as Sugar's datastore lays it out.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentPaths, inJournal, type Paths } from '../../../agent/paths.ts';
import { parseUid, type Uid } from '../../../shared/ids.ts';

export interface TestProfile extends Disposable {
  paths: Paths;
}

export function makeProfile(): TestProfile {
  const profile = mkdtempSync(join(tmpdir(), 'ds-agent-'));
  const paths = agentPaths(profile);
  for (const folder of [paths.journal, paths.own, paths.staging]) mkdirSync(folder);
  return { paths, [Symbol.dispose]: () => rmSync(profile, { recursive: true, force: true }) };
}

/** The n-th uid of a test. */
export function uidOf(n: number): Uid {
  return parseUid(`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`);
}

/** Puts an entry into the Journal; its `filesize` fits unless it is given. */
export function putEntry(
  paths: Paths,
  uid: Uid,
  content: string | null,
  properties: Record<string, string | Buffer> = {},
): void {
  const { path } = inJournal(paths, uid);
  mkdirSync(join(path, 'metadata'), { recursive: true });
  const size = content === null ? {} : { filesize: String(Buffer.byteLength(content)) };
  const all = { uid, title: 'A thing', timestamp: '1700000000', ...size, ...properties };
  for (const [name, value] of Object.entries(all)) putProperty(paths, uid, name, value);
  if (content !== null) putContent(paths, uid, content);
}

/** Replaces a property as the datastore does, by rename. */
export function putProperty(paths: Paths, uid: Uid, name: string, value: string | Buffer): void {
  const folder = join(inJournal(paths, uid).path, 'metadata');
  writeFileSync(join(folder, `.${name}`), value);
  renameSync(join(folder, `.${name}`), join(folder, name));
}

/** Replaces the content; a new inode, as the datastore gives it. */
export function putContent(paths: Paths, uid: Uid, content: string): void {
  const path = join(inJournal(paths, uid).path, 'data');
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
  utimesSync(path, 1_700_000_000, 1_700_000_000);
}
