/**
 * How the copies elsewhere went: `offsite.json` in the state folder (PROTOCOL.md). Whatever cannot be read of
 * it counts as unknown: the next copy writes it again.
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { writeFileDurably } from '../../shared/system/files.ts';
import { inState, type Paths } from '../storage/paths.ts';

const OFFSITE_PROBLEMS = [
  ...(['password', 'lost', 'locked', 'full', 'unreachable', 'damaged', 'other'] as const),
] as const;
export type OffsiteProblem = (typeof OFFSITE_PROBLEMS)[number];

const schema = v.object({
  version: v.literal(1),
  /** ISO 8601; of the last attempt and the last copy. */
  tried: v.nullable(v.string()),
  copied: v.nullable(v.string()),
  /** What the library was like at the last copy. */
  fingerprint: v.string(),
  /** Of the last attempt; null when it went well. */
  problem: v.nullable(v.object({ kind: v.picklist(OFFSITE_PROBLEMS), text: v.string() })),
});
export type OffsiteState = v.InferOutput<typeof schema>;

export function readOffsite(paths: Paths): OffsiteState {
  try {
    return v.parse(schema, JSON.parse(readFileSync(inState(paths).offsite, 'utf8')));
  } catch {
    return { version: 1, tried: null, copied: null, fingerprint: '', problem: null };
  }
}

export function writeOffsite(paths: Paths, state: OffsiteState): void {
  writeFileDurably(inState(paths).offsite, `${JSON.stringify(state)}\n`, 0o640);
}
