/**
 * Sugar's real datastore after a power cut: the names under `checksums/` that are not true must not
 * replace what is written, nor delete it.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../../agent/context.ts';
import { Datastore } from '../../../agent/journal/datastore.ts';
import { prepareEntry } from '../../../agent/journal/prepared-entry.ts';
import { putEntry } from '../../../agent/journal/put-entry.ts';
import { removeStaleNames } from '../../../agent/journal/sugar-optimizer.ts';
import { agentPaths, inEntry, inJournal } from '../../../agent/paths.ts';
import { realClock } from '../../../shared/clock.ts';
import type { Uid } from '../../../shared/ids.ts';
import { digestOf, type Entry } from '../../../shared/journal/entry.ts';
import { uidOf } from '../../agent/journal/journal.ts';
import { Laptop } from '../laptop.ts';

const test = suite('a restore beside the optimizer of Sugar');

const OLD = 'what the child had made'.repeat(400);
const NEW = 'something else, made later'.repeat(400);

class Scene implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'ds-optimizer-'));
  readonly laptop = new Laptop(this.folder, 'laptop', () => '');
  readonly paths = agentPaths(this.laptop.profile);
  readonly signal = new AbortController().signal;
  readonly context = {
    ...{ paths: this.paths, clock: realClock, signal: this.signal, warn: () => {} },
  } as unknown as Context;
  #datastore: Datastore | undefined;

  static async open(): Promise<Scene> {
    const scene = new Scene();
    mkdirSync(scene.paths.restore, { recursive: true });
    await scene.laptop.countEntries();
    scene.#datastore = new Datastore(scene.laptop.env, scene.signal);
    return scene;
  }

  /** Writes an entry as a restore does. */
  async put(uid: Uid, text: string): Promise<void> {
    if (!this.#datastore) throw new Error('not open');
    const file = join(this.paths.restore, uid);
    writeFileSync(file, text);
    const entry: Entry = {
      content: { digest: digestOf(text), size: text.length },
      properties: new Map([['title', Buffer.from('A thing')]]),
    };
    await putEntry(this.context, this.#datastore, uid, prepareEntry(entry, uid, 1700000000), file);
  }

  /** The content when the optimizer has nothing left to do; empty where it is gone. */
  async settled(uid: Uid): Promise<string> {
    const queue = join(this.paths.journal, 'checksums', 'queue');
    const { content } = inEntry(inJournal(this.paths, uid));
    // An error in the optimizer leaves its queue as it is.
    while (existsSync(content) && readdirSync(queue).length > 0) await sleep(20);
    return existsSync(content) ? readFileSync(content, 'utf8') : '';
  }

  get checksums(): string[] {
    const folder = join(this.paths.journal, 'checksums');
    return readdirSync(folder).filter((name) => name !== 'queue');
  }

  /** The folders of the datastore's entries go, as after a power cut, and its index is made again. */
  async lose(...uids: Uid[]): Promise<void> {
    await this.#datastore?.[Symbol.asyncDispose]();
    await this.laptop.stopDatastore();
    for (const uid of uids) rmSync(inJournal(this.paths, uid).path, { recursive: true });
    for (const name of ['index_updated', 'ds_clean']) {
      rmSync(join(this.paths.journal, name), { force: true });
    }
    await this.laptop.countEntries();
    this.#datastore = new Datastore(this.laptop.env, this.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#datastore?.[Symbol.asyncDispose]();
    await this.laptop[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const [A, COPY] = [uidOf(1), uidOf(2)];

test('an old version is not replaced by the new content of the entry it comes from', async () => {
  await using scene = await Scene.open();
  await scene.put(A, OLD);
  await scene.settled(A);
  await scene.lose(A);
  await scene.put(A, NEW); // the datastore knows nothing of the earlier name
  await scene.settled(A);
  await scene.put(COPY, OLD);
  assert.is((await scene.settled(COPY)).slice(0, 30), OLD.slice(0, 30));
  assert.is((await scene.settled(A)).slice(0, 30), NEW.slice(0, 30));
});

test('a content is not deleted for the name of an entry that is gone', async () => {
  await using scene = await Scene.open();
  await scene.put(A, OLD);
  await scene.settled(A);
  await scene.lose(A);
  await scene.put(COPY, OLD);
  assert.is((await scene.settled(COPY)).slice(0, 30), OLD.slice(0, 30));
});

test('a content that was written into in place is not taken for the other one', async () => {
  await using scene = await Scene.open();
  await scene.put(A, OLD);
  await scene.settled(A);
  writeFileSync(inEntry(inJournal(scene.paths, A)).content, NEW);
  await scene.put(COPY, OLD);
  assert.is((await scene.settled(COPY)).slice(0, 30), OLD.slice(0, 30));
});

test('a restore begins without names of entries that are gone, and keeps the true ones', async () => {
  await using scene = await Scene.open();
  await scene.put(A, OLD);
  await scene.put(COPY, NEW);
  await scene.settled(COPY);
  assert.is(scene.checksums.length, 2);
  await scene.lose(A);
  removeStaleNames(scene.paths);
  assert.is(scene.checksums.length, 1);
  await scene.put(uidOf(3), NEW);
  assert.is((await scene.settled(uidOf(3))).slice(0, 30), NEW.slice(0, 30));
});

test.run();
