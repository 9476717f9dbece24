/**
 * A pin that has outlived its snapshot: the child still sees what it is, and brings it back.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { discard } from '../../../xs/storage/trash.ts';
import { readJournal } from '../../journal/compare.ts';
import { changeJournal } from '../../journal/generator.ts';
import { ok, prepare } from '../keep/kept-journal.ts';
import { RunningAgent } from '../running-agent.ts';
import { startSchool } from '../school.ts';

const test = suite('a pin whose snapshot cleanup took');

type Row = Record<string, { value: unknown }>;
const plain = (row: Row): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).map(([name, { value }]) => [name, value]));

test('has its details and its picture, and comes back whole from the pin itself', async () => {
  await using school = await startSchool();
  const { laptop, before, full } = await prepare(school);
  const [uid = '', other = ''] = full;
  const serial = parseSerial(laptop.serial);
  const snapshot = newestSnapshot(school.server, serial);
  if (!snapshot) throw new Error('no snapshot');
  const { name, folder } = snapshot;
  await ok(laptop, 'pin', uid, name);
  changeJournal(laptop.journal, { count: 1, seed: 3 });
  await ok(laptop, 'now');
  discard(school.server, serial, folder, 'thinned', { time: new Date(), at: 0 });
  await laptop.loseJournal();
  await using agent = await RunningAgent.start(laptop);

  const pins = ((await agent.ask('ListPins')) as Row[]).map(plain);
  const [pin] = pins;
  assert.equal([pins.length, pin?.uid, pin?.snapshot], [1, uid, name]);
  const details = plain((await agent.ask('GetDetails', 'sss', ['', name, uid])) as Row);
  assert.equal([details.title, details.pinned], [pin?.title, true]);
  const picture = (await agent.ask('GetPreview', 'sss', ['', name, uid])) as Buffer;
  assert.is(picture.length > 0, before.get(uid)?.has('metadata/preview') ?? false);
  const path = await agent.ask('RestoreEntry', 'sss', ['', name, uid]);
  const job = await agent.ended(path);
  assert.is(job.State, 'done', JSON.stringify(job.Problem));
  const back = readJournal(laptop.journal);
  assert.equal([...back.keys()], [uid]);
  assert.is(back.get(uid)?.get('data'), before.get(uid)?.get('data'));
  const gone = await agent.ended(await agent.ask('RestoreEntry', 'sss', ['', name, other]));
  assert.equal([gone.State, (gone.Problem as string[])[0]], ['failed', 'not-found']);
});

test.run();
