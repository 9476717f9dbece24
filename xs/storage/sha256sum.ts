/** The digests of a snapshot's files, as `sha256sum -c` reads them. */
import { decodeEntry } from '../../shared/journal/entry.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { readChecked } from './checked-entry.ts';
import { inEntry } from './paths.ts';
import { readVersions, type Snapshot } from './snapshots.ts';

/**
 * A line without its line end, file names relative to the snapshot's folder; or a file of metadata that is
 * damaged, so that nobody can say whether it has content, and which.
 */
type SumsLine = { line: string } | { damaged: string };

/** Throws `damaged` where the list of the snapshot cannot be read. */
export function* sha256Lines(snapshot: Snapshot): Generator<SumsLine> {
  for (const [uid, digest] of readVersions(snapshot)) {
    const name = `${uid}${METADATA_SUFFIX}`;
    yield { line: `${digest}  ${name}` };
    const reading = readChecked(inEntry(snapshot.folder, uid).metadata, digest);
    if (reading.type !== 'whole') {
      yield { damaged: name };
      continue;
    }
    const { content } = decodeEntry(reading.bytes);
    if (content) yield { line: `${content.digest}  ${uid}` };
  }
}
