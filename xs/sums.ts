/**
 * The sums of a snapshot, metadata and content, as `sha256sum -c` reads them (X11).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeEntry } from '../shared/entry.ts';
import type { Manifest } from '../shared/protocol.ts';
import { METADATA_SUFFIX } from '../shared/sums.ts';
import { inLaptop, type Paths } from './paths.ts';
import { readVersions } from './snapshots.ts';

/** Lines without their ends; file names are relative to the snapshot's folder. */
export function* sumsOf(paths: Paths, manifest: Manifest): Generator<string> {
  const folder = inLaptop(paths, manifest.serial).snapshot(manifest.name);
  for (const [uid, digest] of readVersions(paths, manifest)) {
    const metadata = `${uid}${METADATA_SUFFIX}`;
    yield `${digest}  ${metadata}`;
    const { content } = decodeEntry(readFileSync(join(folder, metadata)));
    if (content) yield `${content.digest}  ${uid}`;
  }
}
