/** Real rsync over a link that breaks after N bytes, or is to be used in part only. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inLaptop } from '../../../xs/storage/paths.ts';
import {
  backUp,
  type Journal,
  makeLibrary,
  newest,
  SERIAL,
  type TestLibrary,
  uidOf,
} from '../library.ts';
import { sessionCommand } from './session.ts';

const test = suite('on a broken or narrow link');

const BYTES = 1_000_000;
/** What may be lost. */
const MOST_LOST = 64 * 1024;

/** The session, cut off after $CUT bytes: its input ends, or all of it is killed. */
const LINK = `#!/bin/sh
shift
export SSH_ORIGINAL_COMMAND="$*"
[ "$CUT" ] || exec sh $SESSION
{
  dd bs=4096 count="$CUT" iflag=count_bytes status=none
  [ "$HOW" = killed ] || exit 0
  until [ "$(find $INCOMING -type f -size "+$ARRIVED"k)" ]; do sleep 0.1; done
  kill -9 "-$(cat "$0.pid")"
} | setsid sh -c 'echo $$ >"$0.pid"; exec sh $SESSION' "$0"
`;

function makeLink(library: TestLibrary): string {
  const link = join(library.folder, 'link');
  writeFileSync(link, LINK, { mode: 0o755 });
  return link;
}

interface Cut {
  how: string;
  after: number;
  /** When the server has so much of the file, in bytes. */
  arrived: number;
}

/** Bytes that went to the server. */
async function send(library: TestLibrary, link: string, cut?: Cut): Promise<number> {
  const env = {
    ...{ PATH: process.env.PATH, CUT: String(cut?.after ?? ''), HOW: cut?.how },
    ARRIVED: String(Math.floor((cut?.arrived ?? 0) / 1024)),
    SESSION: sessionCommand(library.paths, SERIAL).join(' '),
    INCOMING: inLaptop(library.paths, SERIAL).incoming,
  };
  const source = join(library.folder, 'source/');
  const args = ['-trzI', '--zl=1', '--partial-dir=.part', '--stats', '--no-h', '-e', link];
  const child = spawn('rsync', [...args, source, 'host:incoming'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    said += text;
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  assert.is(status === 0, cut === undefined, `rsync ends with ${status}`);
  return Number(/^Total bytes sent: (\d+)/m.exec(said)?.[1] ?? cut?.after);
}

for (const how of ['ended', 'killed']) {
  test(`a session is ${how} after N bytes: the next one starts within 64 KB of there`, async () => {
    using library = makeLibrary();
    const { incoming } = inLaptop(library.paths, SERIAL);
    const content = randomBytes(BYTES);
    mkdirSync(join(library.folder, 'source'));
    writeFileSync(join(library.folder, 'source', uidOf(1)), content);
    const link = makeLink(library);
    let had = 0;
    for (const after of [150_000, 300_000]) {
      had += after - MOST_LOST;
      await send(library, link, { how, after, arrived: had });
    }
    const sent = await send(library, link);
    assert.ok(sent < BYTES - had + 20_000, `${sent} bytes after ${had}`);
    assert.equal(readFileSync(join(incoming, uidOf(1))), content);
    assert.equal(
      readdirSync(incoming).filter((name) => name !== '.part'),
      [uidOf(1)],
    );
  });
}

test('what a killed rsync left under a temporary name is not sent again', async () => {
  using library = makeLibrary();
  const { incoming } = inLaptop(library.paths, SERIAL);
  const content = randomBytes(BYTES);
  mkdirSync(join(library.folder, 'source'));
  writeFileSync(join(library.folder, 'source', uidOf(1)), content);
  mkdirSync(join(incoming, '.part'));
  writeFileSync(join(incoming, '.part', uidOf(1)), content.subarray(0, 100_000));
  writeFileSync(join(incoming, `.${uidOf(1)}.AbCdEf`), content.subarray(0, 600_000));
  writeFileSync(join(incoming, `.${uidOf(1)}.aBcDeF`), content.subarray(0, 200_000));
  const sent = await send(library, makeLink(library));
  assert.ok(sent < BYTES - 600_000 + 20_000, `${sent} bytes`);
  assert.equal(readFileSync(join(incoming, uidOf(1))), content);
});

test('what another session of the laptop is writing stays as it is', async () => {
  using library = makeLibrary();
  const { incoming, sessionLock } = inLaptop(library.paths, SERIAL);
  mkdirSync(join(library.folder, 'source'));
  const temporary = join(incoming, `.${uidOf(1)}.AbCdEf`);
  writeFileSync(temporary, 'half');
  const other = spawn('flock', ['--shared', sessionLock, 'sh', '-c', 'echo; exec cat']);
  await once(other.stdout, 'data');
  try {
    await send(library, makeLink(library));
    assert.is(readFileSync(temporary, 'latin1'), 'half');
  } finally {
    other.stdin.end();
    await once(other, 'close');
  }
});

test('what is left is put aside within the sandbox: a link leads nowhere', async () => {
  using library = makeLibrary();
  const { incoming, home } = inLaptop(library.paths, SERIAL);
  mkdirSync(join(library.folder, 'source'));
  mkdirSync(join(home, 'outside'));
  symlinkSync(join(home, 'outside'), join(incoming, '.part'));
  writeFileSync(join(incoming, '.left.AbCdEf'), 'of a session that was killed');
  await send(library, makeLink(library));
  assert.equal(readdirSync(join(home, 'outside')), []);
});

test('a restore keeps to the bandwidth that its laptop asks for', async () => {
  using library = makeLibrary();
  const journal: Journal = new Map([[uidOf(1), { title: 'a', content: randomBytes(150_000) }]]);
  await backUp(library, journal);
  const { name } = newest(library);
  const link = makeLink(library);
  const env = { PATH: process.env.PATH, SESSION: sessionCommand(library.paths, SERIAL).join(' ') };
  const fetch = async (...limit: string[]): Promise<number> => {
    const list = ['-tz', '--files-from=-', '--from0', ...limit, '-e', link];
    const args = [...list, `host:snapshots/${name}/`, join(library.folder, 'target/')];
    const begun = performance.now();
    const child = spawn('rsync', args, { env, stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.end(`${uidOf(1)}\0`);
    assert.is(await new Promise((resolve) => child.once('close', resolve)), 0);
    return performance.now() - begun;
  };
  assert.ok((await fetch('--bwlimit=50')) > 1000, '150 kB, of which rsync sends the first at once');
  await fetch('--bwlimit=0');
});

test.run();
