/**
 * A snapshot in the making: a folder whose every name is a link to content, what arrived through the
 * pool, what did not change from the base.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asDsError, DsError, isErrno } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import { decodeEntry, digestOf } from '../../shared/journal/entry.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import type { Log } from '../../shared/log.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { pacemaker, SLICE_MS } from '../../shared/system/pacemaker.ts';
import type { Whole } from '../integrity/salvage.ts';
import type { Pool } from '../storage/pool.ts';
import type { Base } from './arrival.ts';

const NO_CONTENT = Buffer.from('{"content":null,');

/** Links every entry of the new state into the draft, but for those that the base has lost. */
export async function fillDraft(
  { pool, log }: { pool: Pool; log: Log },
  draft: string,
  base: Base,
  versions: Map<Uid, Digest>,
  verified: Map<Uid, Whole>,
): Promise<{ bytes: number; lost: Uid[] }> {
  const pause = pacemaker(SLICE_MS);
  const lost: Uid[] = [];
  let bytes = 0;
  for (const [uid, digest] of versions) {
    const target = join(draft, uid);
    const fresh = verified.get(uid);
    if (fresh) {
      pool.place(fresh.metadata, fresh.digest, `${target}${METADATA_SUFFIX}`);
      if (fresh.content) pool.place(fresh.content.path, fresh.content.digest, target);
      bytes += lstatSync(`${target}${METADATA_SUFFIX}`).size + (fresh.content?.size ?? 0);
      failpoint('ingest.pooled');
    } else if (base.snapshot) {
      try {
        bytes += shareEntry(pool, base.snapshot.folder, uid, digest, target);
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

function shareEntry(pool: Pool, base: string, uid: Uid, digest: Digest, target: string): number {
  const held = join(base, uid);
  const metadata = `${held}${METADATA_SUFFIX}`;
  let bytes = pool.share(metadata, () => digest, `${target}${METADATA_SUFFIX}`);
  try {
    const contentDigest = () => {
      const { content } = readEntry(pool, base, uid, digest);
      if (content) return content.digest;
      throw new DsError('damaged', `${held} should not be there: the entry has no content`);
    };
    bytes += pool.share(held, contentDigest, target);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    if (!hasNoContent(metadata, digest) && readEntry(pool, base, uid, digest).content) {
      throw new DsError('damaged', `${held} is gone from the snapshot`, { cause: error });
    }
  }
  return bytes;
}

/** True for whole metadata that says so; the canonical form begins with it, which spares decoding. */
function hasNoContent(metadata: string, digest: Digest): boolean {
  const bytes = readFileSync(metadata);
  return bytes.subarray(0, NO_CONTENT.length).equals(NO_CONTENT) && digestOf(bytes) === digest;
}

/** Reads the metadata of an entry in the base. Throws `damaged`, and remembers it. */
function readEntry(pool: Pool, snapshot: string, uid: Uid, digest: Digest) {
  const metadata = join(snapshot, `${uid}${METADATA_SUFFIX}`);
  const bytes = readFileSync(metadata);
  if (digestOf(bytes) === digest) return decodeEntry(bytes);
  pool.condemn(metadata, digest);
  throw new DsError('damaged', `${metadata} is damaged`);
}
