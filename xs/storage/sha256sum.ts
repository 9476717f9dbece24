/** The digests of a snapshot's files, as `sha256sum -c` reads them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeEntry } from '../../shared/journal/entry.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { readVersions, type Snapshot } from './snapshots.ts';

/** Lines without line ends; file names are relative to the snapshot's folder. */
export function* sha256Lines(snapshot: Snapshot): Generator<string> {
  const { folder } = snapshot;
  for (const [uid, digest] of readVersions(snapshot)) {
    const metadata = `${uid}${METADATA_SUFFIX}`;
    yield `${digest}  ${metadata}`;
    const { content } = decodeEntry(readFileSync(join(folder, metadata)));
    if (content) yield `${content.digest}  ${uid}`;
  }
}
