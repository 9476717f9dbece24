// weight: 8
/** The plug is pulled while accounts are bound: each that was acknowledged is there, and the file is whole. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { realClock } from '../../../shared/clock.ts';
import { MoodleRecords } from '../../../xs/moodle/records.ts';
import { soak } from '../../soak.ts';
import { makeActor } from '../actor-program.ts';
import { makeLibrary } from '../library.ts';

const test = suite('killed while accounts of Moodle are bound');

const actor = await makeActor('xs/moodle/bind-child.ts');
test.after(() => actor[Symbol.dispose]());

/** Until some were acknowledged, and then at any moment. */
async function killOne(folder: string, ms: number): Promise<string[]> {
  const child = spawn(process.execPath, [actor.path, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await sleep(ms);
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
  return said.split('\n').filter((line) => line !== '');
}

test('nothing acknowledged is lost, and nothing half made is left in the way', async () => {
  using library = makeLibrary();
  const { paths, folder } = library;
  new MoodleRecords(paths, realClock).add({
    ...{ issuer: 'http://box.lan/moodle', client: 'c', deployment: '1' },
    ...{ auth: 'http://box.lan/moodle/auth.php', keys: [{ kid: 'k', n: 'AQAB', e: 'AQAB' }] },
  });
  const acknowledged: string[] = [];
  for (let n = 0; n < soak(60, 5); n += 1) {
    acknowledged.push(...(await killOne(folder, (n * 7) % 40)));
    const records = new MoodleRecords(paths, realClock);
    records.check();
    const ids = new Set(records.bindings().map(({ id }) => id));
    assert.equal(
      acknowledged.filter((id) => !ids.has(id)),
      [],
    );
  }
  const odd = readdirSync(paths.library).filter((name) => /moodle.*(aside|damaged)/.test(name));
  assert.equal(odd, []);
  process.stdout.write(`${acknowledged.length} accounts, none lost\n`);
});

test.run();
