/** The backup of an honest laptop, as rsync leaves it and as a session hands it over. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, newRunId, parseUid, type Serial, type Uid } from '../../../shared/ids.ts';
import { digestOf, encodeEntry } from '../../../shared/journal/entry.ts';
import { stateDigest } from '../../../shared/journal/sums.ts';
import { inCompletion, inLaptop, type Paths } from '../../../xs/storage/paths.ts';
import { settled } from './neighbours.ts';

/** A first backup as rsync leaves it; returns the completion file that is to follow. */
export function prepareBackup(paths: Paths, serial: Serial, entries: number): string {
  const { incoming } = inLaptop(paths, serial);
  const versions = new Map<Uid, Digest>();
  for (let n = 0; n < entries; n += 1) {
    const uid = parseUid(`${serial}-${String(n).padStart(24, '0')}`);
    const content = randomBytes(20_000);
    const properties = new Map([
      ['title', Buffer.from(`entry ${n} of ${serial}`)],
      ['preview', randomBytes(3000)],
    ]);
    const stat = { digest: digestOf(content), size: content.length };
    const bytes = encodeEntry({ content: stat, properties });
    writeFileSync(join(incoming, `${uid}.metadata`), bytes);
    writeFileSync(join(incoming, uid), content);
    versions.set(uid, digestOf(bytes));
  }
  return JSON.stringify({
    ...{ format: 'ds-backup-completion', version: 1, serial, run: newRunId(), agent: 'bench' },
    ...{ base: null, changed: [...versions], removed: [] },
    ...{ state: stateDigest(versions), entries: versions.size },
  });
}

export function hand(paths: Paths, serial: Serial, text: string): void {
  const unfinished = join(paths.completion, `.${serial}`);
  writeFileSync(unfinished, text);
  renameSync(unfinished, inCompletion(paths).waiting(serial));
}

/** Hands over what was prepared; returns the seconds until it is settled. */
export async function backUp(paths: Paths, serial: Serial, text: string): Promise<number> {
  const start = performance.now();
  hand(paths, serial, text);
  await settled(paths, serial);
  return (performance.now() - start) / 1000;
}

/** Nothing of what was prepared waits to be written any more. */
export function quiet(): void {
  execFileSync('sync');
}
