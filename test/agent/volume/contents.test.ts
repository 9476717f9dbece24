/**
 * Opening a content of a day in the Journal: who waits for it is Sugar's shell, or its datastore with the saves
 * of other activities behind it. The school is a program that sends what the test feeds it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../../agent/context.ts';
import type { SharedSession } from '../../../agent/school/shared-session.ts';
import { Contents } from '../../../agent/volume/contents.ts';
import type { WantedContent } from '../../../agent/volume/growing-content.ts';
import { asDsError, DsError } from '../../../shared/errors.ts';
import { parseSnapshotName } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { waitFor } from '../../runner/patience.ts';
import { makeProfile, uidOf } from '../journal/journal.ts';
import { slowClock } from '../slow-clock.ts';

const test = suite('the contents of a day in the Journal');

/** What a child takes for a frozen screen, in milliseconds. */
const FROZEN_MS = 2000;
/** So many wait for the next try. */
const MAX_KEPT = 4;
const TEXT = 'all of the content';

/** Notes its start and what it has already, then writes what comes through the pipe of that name. */
const RSYNC = `#!/bin/sh
name=$(tr -d '\\000')
for folder; do :; done
echo "$name $(cat "$folder$name" 2>/dev/null)" >> "$FEED/started"
echo $$ > "$FEED/$name.pid"
exec cat "$FEED/$name" >> "$folder$name"
`;

const wantedOf = (n: number): WantedContent => {
  return { uid: uidOf(n), content: digestOf(TEXT), size: TEXT.length };
};

/** Contents of things 0 to 9. */
function makeContents() {
  const profile = makeProfile();
  const { paths } = profile;
  const { clock, pass } = slowClock();
  const feed = join(paths.own, 'feed');
  const folder = join(paths.own, 'content');
  for (const one of [feed, folder]) mkdirSync(one);
  writeFileSync(join(feed, 'rsync'), RSYNC, { mode: 0o755 });
  for (let n = 0; n < 10; n += 1) execFileSync('mkfifo', [join(feed, uidOf(n))]);
  const connection = { host: 'school', remoteShell: 'ssh', ready: async () => {} };
  const failure = async () => new DsError('server-unreachable', 'gone', { retry: true });
  const ask = (request: (session: unknown) => unknown) =>
    request({ connection: { ...connection, failure } });
  const stop = new AbortController();
  const heard = { broken: 0 };
  const context = {
    ...{ clock, paths, signal: stop.signal, warn: () => {}, config: { bandwidth: 0 } },
    env: { PATH: `${feed}:${process.env.PATH}`, FEED: feed },
  };
  const contents = new Contents({
    context: context as unknown as Context,
    session: { ask } as unknown as SharedSession,
    origin: { of: undefined, snapshot: parseSnapshotName('datastore-2026-11-30_08:00') },
    folder,
    onBroken: () => {
      heard.broken += 1;
    },
  });
  const started = () => {
    const file = join(feed, 'started');
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  };
  const onDisk = () => {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return names.filter((name) => statSync(join(folder, name)).isFile());
  };
  const bytesOnDisk = () =>
    onDisk().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  return {
    ...{ contents, pass, clock, heard, started, onDisk, bytesOnDisk, feed },
    [Symbol.dispose]: () => {
      contents[Symbol.dispose]();
      stop.abort(new DsError('cancelled', 'enough'));
      profile[Symbol.dispose]();
    },
  };
}

type Made = ReturnType<typeof makeContents>;

/** Opens, and tells how long that took by the clock, which goes on until it is answered. */
async function open(made: Made, n: number, meanwhile?: () => Promise<void>) {
  const { contents, clock, pass } = made;
  const startMs = clock.monotonicMs();
  let how: 'whole' | string | undefined;
  const opening = contents.open(wantedOf(n));
  opening.then(
    () => {
      how = 'whole';
    },
    (error: unknown) => {
      how = asDsError(error).code;
    },
  );
  await turn();
  while (how === undefined && clock.monotonicMs() - startMs < 30_000) {
    await meanwhile?.();
    await pass(100);
  }
  return { how, tookMs: clock.monotonicMs() - startMs, opening };
}

/** The sender of a content, which says so many bytes at a time. */
class Sender {
  readonly #pipe: FileHandle;
  #sent = 0;

  private constructor(pipe: FileHandle) {
    this.#pipe = pipe;
  }

  static async of({ feed, started }: Made, n: number): Promise<Sender> {
    await waitFor('its start', () => started().some((line) => line.startsWith(uidOf(n))));
    return new Sender(await openFile(join(feed, uidOf(n)), 'w'));
  }

  /** Whether there was something left to send. */
  async send(bytes: number): Promise<boolean> {
    const part = TEXT.slice(this.#sent, this.#sent + bytes);
    await this.#pipe.write(part);
    this.#sent += part.length;
    return part.length > 0;
  }

  end(): Promise<void> {
    return this.#pipe.close();
  }
}

test('however it trickles, opening is answered, and what comes meanwhile is there at once', async () => {
  using made = makeContents();
  let sender: Sender | undefined;
  const trickle = async () => {
    sender ??= await Sender.of(made, 0);
    if (made.clock.monotonicMs() % 1000 !== 0) return;
    const before = made.bytesOnDisk();
    if (await sender.send(1)) await waitFor('the byte', () => made.bytesOnDisk() > before);
  };
  const first = await open(made, 0, trickle);
  assert.is(first.how, 'server-unreachable');
  assert.ok(first.tookMs < FROZEN_MS, `${first.tookMs} ms`);
  assert.is(made.heard.broken, 1, 'the agent looks after copies');
  assert.not.ok(made.contents.isUsed, 'nobody reads it');
  await sender?.send(TEXT.length);
  await sender?.end();
  const again = await waitFor('all of it', async () => {
    const { how, tookMs, opening } = await open(made, 0);
    return how === 'whole' ? { tookMs, content: await opening } : undefined;
  });
  assert.is(again.tookMs, 0);
  assert.is(made.started().length, 1, 'it was fetched once');
  assert.is(String(again.content.read(0, 100)), TEXT);
  again.content.close();
  assert.not.ok(made.contents.isUsed);
  await waitFor('nothing of it on the disk', () => made.onDisk().length === 0);
});

test('what broke off goes on from what has arrived', async () => {
  using made = makeContents();
  await open(made, 0);
  const sender = await Sender.of(made, 0);
  await sender.send(5);
  await waitFor('a part of it', () => made.bytesOnDisk() === 5);
  process.kill(Number(readFileSync(join(made.feed, `${uidOf(0)}.pid`), 'utf8')), 'SIGKILL');
  await sender.end();
  await made.pass(60_000);
  await waitFor('another try', async () => {
    await open(made, 0);
    return made.started().length === 2;
  });
  assert.is(made.started()[1], `${uidOf(0)} ${TEXT.slice(0, 5)}`);
});

test('after one that does not come nobody waits for another one, which is fetched all the same', async () => {
  using made = makeContents();
  await open(made, 0);
  const other = await open(made, 1);
  assert.equal([other.how, other.tookMs], ['server-unreachable', 0]);
  const sender = await Sender.of(made, 1);
  await sender.send(TEXT.length);
  await sender.end();
  await waitFor('the other one', async () => (await open(made, 1)).how === 'whole');
});

test('what turns out to be another one after nobody waits for it goes at once', async () => {
  using made = makeContents();
  await open(made, 0);
  const sender = await Sender.of(made, 0);
  await sender.send(5);
  await waitFor('a part of it', () => made.bytesOnDisk() === 5);
  await sender.end();
  await waitFor('nothing of it on the disk', () => made.onDisk().length === 0);
});

test('few wait for the next try, and those not for ever', async () => {
  using made = makeContents();
  for (let n = 0; n < 10; n += 1) await open(made, n);
  await waitFor('the first', () => made.started().length === MAX_KEPT);
  const senders: Sender[] = [];
  for (let n = 0; n < MAX_KEPT; n += 1) senders.push(await Sender.of(made, n));
  for (const sender of senders) await sender.send(1);
  await waitFor('a part of each', () => made.bytesOnDisk() === MAX_KEPT);
  await made.pass(10 * 60_000);
  await waitFor('nothing of them on the disk', () => made.onDisk().length === 0);
  assert.is(made.started().length, MAX_KEPT);
  for (const sender of senders) await sender.end();
});

test.run();
