import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { JournalVolume } from '../../../agent/service/journal-volume.ts';
import { silentLog } from '../../../shared/log.ts';
import { waitFor } from '../../runner/patience.ts';
import { makeProfile } from '../journal/journal.ts';

const test = suite('the watch over a day in the Journal');

/** A volume whose worker is made up: it opens at once, and then says that it is alive, or nothing. */
function withWorker(profile: ReturnType<typeof makeProfile>, isSilent: boolean) {
  const { paths } = profile;
  const script = join(paths.own, 'worker.mjs');
  writeFileSync(
    script,
    `process.on('message', ({ id, params }) => {
       const tell = (news) => process.send({ id, type: 'volume', news });
       const { snapshot } = params;
       const leftOut = { empty: 1, bundles: 2, damaged: 0, older: 0 };
       const folder = '/nowhere/' + snapshot;
       tell({ type: 'open', folder, pid: 0, entries: 1, leftOut, snapshot });
       if (!${isSilent}) setInterval(() => tell({ type: 'alive', isReading: false }), 50);
     });`,
  );
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

test.run();
