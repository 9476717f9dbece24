/**
 * Fills the draft of a snapshot: a folder whose every name is a link to content. What arrived is
 * linked through the pool, what did not change from the base.
 */
import { lstatSync } from 'node:fs';
import { asDsError, DsError, isErrno } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import { type Content, decodeEntry } from '../../shared/journal/entry.ts';
import type { Log } from '../../shared/log.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { pacemaker, SLICE_MS } from '../../shared/system/pacemaker.ts';
import type { Whole } from '../integrity/salvage.ts';
import { damageOf, readChecked } from '../storage/checked-entry.ts';
import { inEntry } from '../storage/paths.ts';
import type { Pool } from '../storage/pool.ts';
import type { Base } from './arrival.ts';
import type { SentFiles } from './sent.ts';

/** How canonical metadata of an entry without content begin, which spares decoding them. */
const NO_CONTENT = Buffer.from('{"content":null,');

export interface DraftParts {
  base: Base;
  versions: ReadonlyMap<Uid, Digest>;
  verified: ReadonlyMap<Uid, Whole>;
  /** What arrived, as it was read. */
  files: SentFiles;
}

/** Links every entry of the new state. `lost` are entries that the base does not have whole. */
export async function fillDraft(
  { pool, log }: { pool: Pool; log: Log },
  draft: string,
  { base, versions, verified, files }: DraftParts,
): Promise<{ bytes: number; lost: Uid[] }> {
  const pause = pacemaker(SLICE_MS);
  const lost: Uid[] = [];
  let bytes = 0;
  for (const [uid, digest] of versions) {
    const fresh = verified.get(uid);
    if (fresh) {
      bytes += placeEntry(pool, files, fresh, inEntry(draft, uid));
      failpoint('ingest.pooled');
    } else if (base.snapshot) {
      try {
        bytes += shareEntry(pool, base.snapshot.folder, draft, uid, digest);
      } catch (error) {
        const isLost = error instanceof DsError && error.code === 'damaged';
        if (!isLost && !isErrno(error, 'ENOENT')) throw error;
        log.warn('entry-lost', { uid, reason: asDsError(error).message });
        lost.push(uid);
      }
    }
    await pause();
  }
  return { bytes, lost };
}

/** Throws `bad-input` for a file that was changed since it was read. */
function placeEntry(
  pool: Pool,
  files: SentFiles,
  { metadata, digest, content }: Whole,
  target: ReturnType<typeof inEntry>,
): number {
  files.checkSame(metadata);
  pool.place(metadata, digest, target.metadata);
  if (content) {
    files.checkSame(content.path);
    pool.place(content.path, content.digest, target.content);
  }
  return lstatSync(target.metadata).size + (content?.size ?? 0);
}

/** Links an entry of the base. Throws `damaged`, or ENOENT, when it is not there whole. */
function shareEntry(pool: Pool, base: string, draft: string, uid: Uid, digest: Digest): number {
  const [source, target] = [inEntry(base, uid), inEntry(draft, uid)];
  const bytes = pool.share(source.metadata, () => digest, target.metadata);
  const contentDigest = () => {
    const content = contentOf(pool, source.metadata, digest);
    if (content) return content.digest;
    throw new DsError('damaged', `${source.content} should not exist: the entry has no content`);
  };
  try {
    return bytes + pool.share(source.content, contentDigest, target.content);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    if (contentOf(pool, source.metadata, digest) === null) return bytes;
    throw new DsError('damaged', `${source.content} is missing`, { cause: error });
  }
}

/** The content that an entry should have, null for none. Throws `damaged`, and quarantines that. */
function contentOf(pool: Pool, metadata: string, digest: Digest): Content | null {
  const reading = readChecked(metadata, digest);
  if (reading.type === 'whole') {
    const isEmpty = reading.bytes.subarray(0, NO_CONTENT.length).equals(NO_CONTENT);
    return isEmpty ? null : decodeEntry(reading.bytes).content;
  }
  if (reading.type === 'differs') pool.condemn(metadata, digest);
  throw damageOf(metadata, reading);
}
