// weight: 15
/**
 * A school whose disk holds something else than it promised: what is read from a day in the Journal is the
 * child's own or an error, and neither disk nor memory fill up. And its end when nobody uses it.
 */

import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { childEnvironment, readConfig } from '../../../agent/config.ts';
import { agentPaths } from '../../../agent/paths.ts';
import { canMount } from '../../../agent/volume/mount.ts';
import { serveVolume, type VolumeEnd, type VolumeNews } from '../../../agent/volume/volume.ts';
import { realClock } from '../../../shared/clock.ts';
import { DsError } from '../../../shared/errors.ts';
import { waitFor } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';
import type { Laptop } from '../laptop.ts';
import type { School } from '../school.ts';
import { startWithDay } from './backed-up.ts';

const all = suite('a day in the Journal from a school that does not keep its word');
const test = testIf(canMount(process.env), all, 'needs sshfs and /dev/fuse');

const MIB = 1024 * 1024;
/** Slow enough to be stopped, in KiB a second. */
const BANDWIDTH = 8 * 1024;

let school: School;
let laptop: Laptop;

all.before(async () => {
  if (!canMount(process.env)) return;
  ({ school, laptop } = await startWithDay());
});

all.after(async () => {
  await school?.[Symbol.asyncDispose]();
});

/** A day in the Journal, served by this process. */
async function show(idleMs = 60_000) {
  const paths = agentPaths(laptop.profile);
  const stop = new AbortController();
  const news: VolumeNews[] = [];
  const warnings: string[] = [];
  const context = {
    ...{ paths, clock: realClock, env: childEnvironment(laptop.env), signal: stop.signal },
    config: readConfig(paths, { server: school.server.url, bandwidth: BANDWIDTH }, '/nowhere'),
    ...{ onProgress: () => {}, warn: (text: string) => warnings.push(text) },
  };
  const tell = (one: VolumeNews) => news.push(one);
  let end: VolumeEnd | Error | undefined;
  const over = serveVolume(context, {
    origin: { of: undefined, snapshot: undefined },
    ...{ tell, idleMs },
  }).then(
    (how) => {
      end = how;
    },
    (error: Error) => {
      end = error;
    },
  );
  const opened = await waitFor('the mount', () => {
    if (end instanceof Error) throw end;
    return news.find((one) => one.type === 'open');
  });
  return {
    ...{ opened, warnings, paths },
    isBroken: () => news.some(({ type }) => type === 'broken'),
    end: async () => {
      await over;
      return end;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort(new DsError('cancelled', 'enough'));
      await over;
      assert.not.ok(readFileSync('/proc/self/mounts', 'utf8').includes(opened.folder));
    },
  };
}

/** The files in the library that an entry of the newest snapshot is made of. */
function atSchool(uid: string, suffix = ''): string {
  const names = readdirSync(school.server.library, { recursive: true, encoding: 'utf8' });
  const found = names.find(
    (name) => name.includes('datastore-') && name.endsWith(`/${uid}${suffix}`),
  );
  if (!found) throw new Error(`the school has no ${uid}${suffix}`);
  return join(school.server.library, found);
}

/** The largest entry that is shown: its name in the mount, its uid, and its size. */
async function largest(folder: string) {
  const { stdout } = await laptop.run('ls', ['-S', folder]);
  const [name = ''] = stdout.split('\n');
  const metadata = await readFile(join(folder, '.Sugar-Metadata', `${name}.metadata`), 'utf8');
  const { uid, bytes } = JSON.parse(JSON.parse(metadata)['ds-backup-kept']);
  return { name, uid: String(uid), size: Number(bytes) };
}

function bytesIn(folder: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const sizes = names.map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size);
  return sizes.reduce<number>((sum, size = 0) => sum + size, 0);
}

test('a content that is longer than it was is an error before it fills the disk', async () => {
  await using day = await show();
  const { folder } = day.opened;
  const { name, uid, size } = await largest(folder);
  const kept = atSchool(uid);
  const mode = statSync(kept).mode;
  chmodSync(kept, 0o644);
  appendFileSync(kept, randomBytes(64 * MIB));
  chmodSync(kept, mode);
  let most = 0;
  const look = setInterval(() => {
    most = Math.max(most, bytesIn(join(day.paths.volume, 'content')));
  }, 10);
  const read = await laptop.run('cp', [join(folder, name), join(laptop.home, 'copy')]);
  clearInterval(look);
  assert.match(read.stderr, /Input\/output error/);
  assert.ok(most < size + 32 * MIB, `${most} bytes of ${size}`);
  assert.ok(day.isBroken(), 'the agent looks after copies');
  assert.match(day.warnings.join('\n'), /longer than it was/);
  truncateSync(kept, size);
  const again = await readFile(join(folder, name));
  assert.is(again.length, size, 'and comes when it is whole again');
});

test('a content that is shorter than it was, or another one, is an error', async () => {
  await using day = await show();
  const { name, uid, size } = await largest(day.opened.folder);
  const kept = atSchool(uid);
  chmodSync(kept, 0o644);
  truncateSync(kept, size - 1);
  const file = join(day.opened.folder, name);
  assert.match((await laptop.run('cat', [file])).stderr, /Input\/output error/);
  appendFileSync(kept, '#');
  assert.match((await laptop.run('cat', [file])).stderr, /Input\/output error/);
  assert.match(day.warnings.join('\n'), /did not arrive as it was/);
});

test('an entry whose properties are others is left out, and is told', async () => {
  const before = await show();
  const { uid } = await largest(before.opened.folder);
  await before[Symbol.asyncDispose]();
  const kept = atSchool(uid, '.metadata');
  chmodSync(kept, 0o644);
  appendFileSync(kept, ' ');
  await using day = await show();
  assert.is(day.opened.entries, before.opened.entries - 1);
  assert.equal(day.opened.leftOut, { ...before.opened.leftOut, damaged: 1 });
  assert.match(day.warnings.join('\n'), new RegExp(uid));
});

test('nobody uses it: it ends, and nothing is left', async () => {
  await using day = await show(1000);
  assert.is(await day.end(), 'idle');
  assert.not.ok(readdirSync(day.paths.own).some((name) => /^(volume|mount-point)$/.test(name)));
});

all.run();
