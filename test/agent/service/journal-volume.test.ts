import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { JournalVolume } from '../../../agent/service/journal-volume.ts';
import { silentLog } from '../../../shared/log.ts';
import { waitFor } from '../../runner/patience.ts';
import { makeProfile } from '../journal/journal.ts';

const test = suite('the watch over a day in the Journal');

type Profile = ReturnType<typeof makeProfile>;

/** A worker that opens at once, and then says that it is alive, or nothing. */
function withWorker(profile: Profile, isSilent: boolean) {
  return withScript(
    profile,
    `process.on('message', ({ id, params }) => {
       const tell = (news) => process.send({ id, type: 'volume', news });
       const { snapshot } = params;
       const leftOut = { empty: 1, bundles: 2, damaged: 0, older: 0 };
       const folder = '/nowhere/' + snapshot;
       tell({ type: 'mounting', folder, pid: 0 });
       tell({ type: 'open', folder, pid: 0, entries: 1, leftOut, snapshot });
       if (!${isSilent}) setInterval(() => tell({ type: 'alive', isReading: false }), 50);
     });`,
  );
}

/** A volume whose worker is made up. */
function withScript({ paths }: Profile, text: string) {
  const script = join(paths.own, 'worker.mjs');
  writeFileSync(script, text);
  const heard = { copies: 0 };
  const program = { command: [process.execPath, script], env: { PATH: process.env.PATH } };
  const volume = new JournalVolume(
    { paths, program, log: silentLog },
    {
      onChange: () => {},
      onCopies: () => {
        heard.copies += 1;
      },
      onServerTime: () => {},
    },
  );
  return { volume, heard };
}

test('of two days asked for at once one is shown, and the other one is told so', async () => {
  using profile = makeProfile();
  const { volume, heard } = withWorker(profile, false);
  await using _volume = volume;
  const asked = ['one', 'two', 'three'].map((snapshot) => volume.open('', snapshot));
  const outcomes = await Promise.allSettled(asked);
  assert.equal(await outcomes[2]?.status, 'fulfilled');
  const leftOut = { empty: 1, bundles: 2, damaged: 0, older: 0 };
  assert.equal(volume.view, { state: 'open', of: '', snapshot: 'three', leftOut });
  await volume.close();
  assert.not.ok(volume.isOpen);
  assert.ok(heard.copies > 0, 'copies from it are looked at');
});

test('a worker that falls silent is killed', async () => {
  using profile = makeProfile();
  const { volume } = withWorker(profile, true);
  await using _volume = volume;
  assert.is(await volume.open('', 'one'), '/nowhere/one');
  await waitFor('the end of it', async () => !volume.isOpen);
  assert.is(await volume.open('', 'two'), '/nowhere/two', 'another one can be shown');
});

/** What a worker does before it mounts: the note, the folder, and its own on the disk. */
function begins({ paths }: Profile): string {
  const folder = join(paths.profile, 'School');
  return `
    const { mkdirSync, writeFileSync } = await import('node:fs');
    process.on('message', ({ id }) => {
      mkdirSync(${JSON.stringify(paths.volume)});
      writeFileSync(${JSON.stringify(paths.mountPoint)}, ${JSON.stringify(folder)});
      mkdirSync(${JSON.stringify(folder)});
      const news = { type: 'mounting', folder: ${JSON.stringify(folder)}, pid: 0 };
      go((then) => process.send({ id, type: 'volume', news }, then));
    });`;
}

async function nothingIsLeft({ paths }: Profile, volume: JournalVolume): Promise<void> {
  await waitFor('the end of it', async () => !volume.isOpen);
  const places = [paths.volume, paths.mountPoint, join(paths.profile, 'School')];
  assert.equal(places.filter(existsSync), []);
}

test('a worker that is killed before it has mounted leaves nothing', async () => {
  using profile = makeProfile();
  const go = "const go = () => process.kill(process.pid, 'SIGKILL');";
  const { volume } = withScript(profile, `${go}${begins(profile)}`);
  await using _volume = volume;
  for (const name of ['one', 'two']) {
    const failed = await volume.open('', name).catch((error: Error) => error);
    assert.instance(failed, Error);
    await nothingIsLeft(profile, volume);
  }
});

test('a worker that is stopped while it mounts is killed, and leaves nothing', async () => {
  using profile = makeProfile();
  const go = "const go = (say) => say(() => process.kill(process.pid, 'SIGSTOP'));";
  const { volume } = withScript(profile, `${go}${begins(profile)}`);
  await using _volume = volume;
  const failed = await volume.open('', 'one').catch((error: Error) => error);
  assert.instance(failed, Error);
  await nothingIsLeft(profile, volume);
});

test.run();
