// weight: 20
/**
 * One entry as large as a Journal: what the laptop says moves by its bytes, and after the last of them it says that
 * the school is checking, for as long as that takes. The school is stopped meanwhile, so no second matters.
 */
import { randomBytes } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { readJournal } from '../../journal/compare.ts';
import { generateJournal } from '../../journal/generator.ts';
import { waitFor } from '../../runner/patience.ts';
import { soak } from '../../soak.ts';
import { checkSnapshots } from '../../xs/check.ts';
import { RunningAgent, type Values } from '../running-agent.ts';
import { startSchool } from '../school.ts';

const test = suite('one large entry');

const PIECE = 2 ** 20;
const PIECES = soak(600, 24);
/** So that rsync tells of several steps, in KiB a second: it does so once a second. */
const BANDWIDTH = soak(30_000, 4000);
/** So often the laptop is asked while the school stands still. */
const LOOKS = 20;

test('it moves by its bytes, and the school is checking until it is safe', async () => {
  await using school = await startSchool({ laptops: 0 });
  await using laptop = school.newLaptop();
  laptop.configure(`spreadSeconds = 0\nbandwidth = ${BANDWIDTH}\n`);
  generateJournal(laptop.journal, { entries: 1, seed: 17 });
  const [uid = ''] = readJournal(laptop.journal).keys();
  const entry = join(laptop.journal, uid.slice(0, 2), uid);
  writeFileSync(join(entry, 'data'), '');
  for (let n = 0; n < PIECES; n += 1) appendFileSync(join(entry, 'data'), randomBytes(PIECE));
  writeFileSync(join(entry, 'metadata', 'filesize'), String(PIECES * PIECE));

  await using agent = await RunningAgent.start(laptop);
  const sent = new Set<number>();
  const path = await agent.ask('BackUpNow');
  const look = async (): Promise<Values> => ({
    ...(await agent.properties()),
    job: await agent.job(path),
  });
  const bytesOf = ({ job }: Values) => Number((job as Values).BytesDone);
  const total = ({ job }: Values) => Number((job as Values).BytesTotal);
  const { pid } = school.server.daemon;
  const isUnderWay = (now: Values) => {
    if (now.State === 'sending') sent.add(bytesOf(now));
    return now.State === 'sending' && bytesOf(now) > 0;
  };
  await waitFor('the first bytes', async () => isUnderWay(await look()));
  process.kill(pid, 'SIGSTOP');
  try {
    await waitFor('the end of sending', async () => {
      const now = await look();
      isUnderWay(now);
      return now.State === 'confirming';
    });
    for (let n = 0; n < LOOKS; n += 1) {
      const now = await look();
      assert.is(now.State, 'confirming');
      assert.is((now.job as Values).State, 'running');
      assert.is(bytesOf(now), total(now), 'everything has gone');
      assert.is(Number(now.LastBackup), 0, 'and nothing is called safe');
    }
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  assert.is((await agent.ended(path)).State, 'done');
  await agent.until('safe', ({ State }) => State === 'safe');
  assert.ok(sent.size >= 3, `it was seen at ${[...sent]} bytes only`);
  assert.is(checkSnapshots(school.server, parseSerial(laptop.serial)).size, 1);
});

test.run();
