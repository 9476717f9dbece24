/**
 * Inputs of a hostile laptop, each as its sessions would leave it and cheap to send, for the questions of all
 * others and the backup of one of them beside it.
 */
import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Digest, newRunId, parseUid, type Serial, type Uid } from '../../../shared/ids.ts';
import { digestOf, encodeEntry } from '../../../shared/journal/entry.ts';
import { MAX_ENTRIES, stateDigest } from '../../../shared/journal/sums.ts';
import { inCompletion, inLaptop, type Paths } from '../../../xs/storage/paths.ts';

export interface Neighbour {
  name: string;
  /** Leaves what was sent; returns the completion file. */
  prepare(paths: Paths, serial: Serial): string;
}

const ZEROS = 256 * 2 ** 20;
const MIRROR = 512 * 2 ** 20;
const PROPERTIES = 600_000;
const FILES = 20_000;

export const NEIGHBOURS: readonly Neighbour[] = [
  {
    name: '256 MiB of zeros',
    prepare: (paths, serial) => {
      const { incoming } = inLaptop(paths, serial);
      const content = { digest: digestOf(Buffer.alloc(ZEROS)), size: ZEROS };
      makeSparse(join(incoming, uidOf(1)), ZEROS);
      return completionOf(serial, [
        send(incoming, 1, encodeEntry({ content, properties: new Map() })),
      ]);
    },
  },
  {
    name: `an entry with ${PROPERTIES} properties`,
    prepare: (paths, serial) => {
      const names = Array.from({ length: PROPERTIES }, (_, n) => `"${n}":""`).join(',');
      const bytes = Buffer.from(`{"content":null,"properties":{${names}}}\n`);
      return completionOf(serial, [send(inLaptop(paths, serial).incoming, 1, bytes)]);
    },
  },
  {
    name: "an original client's mirror of 512 MiB",
    prepare: (paths, serial) => {
      const uid = uidOf(1);
      const entry = join(inLaptop(paths, serial).original, uid.slice(0, 2), uid);
      mkdirSync(join(entry, 'metadata'), { recursive: true });
      writeFileSync(join(entry, 'metadata', 'title'), 'film');
      makeSparse(join(entry, 'data'), MIRROR);
      return '';
    },
  },
  {
    name: `${FILES} files that belong to nothing`,
    prepare: (paths, serial) => {
      const { incoming } = inLaptop(paths, serial);
      mkdirSync(join(incoming, 'deep'));
      for (let n = 0; n < FILES; n += 1) writeFileSync(join(incoming, 'deep', `${n}`), '');
      const bytes = encodeEntry({ content: null, properties: new Map() });
      return completionOf(serial, [send(incoming, 1, bytes)]);
    },
  },
  {
    name: `a completion of ${MAX_ENTRIES} entries`,
    prepare: (_, serial) => {
      const digest = digestOf('missing');
      return completionOf(
        serial,
        Array.from({ length: MAX_ENTRIES }, (__, n) => [uidOf(n), digest]),
      );
    },
  },
];

/** Resolves when what was handed over is settled. */
export async function settled(paths: Paths, serial: Serial): Promise<void> {
  const { waiting, claimed } = inCompletion(paths);
  while (existsSync(waiting(serial)) || existsSync(claimed(serial))) await sleep(5);
}

function uidOf(n: number): Uid {
  return parseUid(`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`);
}

function makeSparse(path: string, bytes: number): void {
  writeFileSync(path, '');
  truncateSync(path, bytes);
}

function send(incoming: string, n: number, metadata: Buffer): [Uid, Digest] {
  writeFileSync(join(incoming, `${uidOf(n)}.metadata`), metadata);
  return [uidOf(n), digestOf(metadata)];
}

function completionOf(serial: Serial, changed: [Uid, Digest][]): string {
  return JSON.stringify({
    ...{ format: 'ds-backup-completion', version: 1, serial, run: newRunId(), agent: 'bench' },
    ...{ base: null, changed, removed: [] },
    ...{ state: stateDigest(new Map(changed)), entries: changed.length },
  });
}
