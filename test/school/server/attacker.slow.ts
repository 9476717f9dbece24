// weight: 14
/**
 * An attacker who knows the digits on the child's screen, has two cores and a thousand addresses, and floods
 * and grinds for a minute: no key gets in but the one whose digits the teacher types.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { inAudit, inLaptop } from '../../../xs/storage/paths.ts';
import { generateJournal } from '../../journal/generator.ts';
import { soak } from '../../soak.ts';
import type { Laptop } from '../laptop.ts';
import { startDaemon } from '../processes.ts';
import { type School, startSchool } from '../school.ts';

const test = suite('an attacker on the Wi-Fi');

const SECONDS = soak(60, 3);

/** A laptop with a backup that was reflashed: the same serial, a new key that waits, and six digits. */
async function reflashed({ server }: School, laptop: Laptop) {
  generateJournal(laptop.journal, { entries: 3, seed: 1 });
  const first = await laptop.backup(['now']);
  assert.is(first.exitCode, 0, first.stderr);
  const serial = parseSerial(laptop.serial);
  const { registration } = inLaptop(server, serial);
  const accepted = (): string => JSON.parse(readFileSync(registration, 'utf8')).keys.own;
  const before = accepted();
  rmSync(join(laptop.profile, 'ds-backup'), { recursive: true });
  assert.match((await laptop.backup(['now'])).stderr, /pending-approval/);
  const childs = readFileSync(join(laptop.profile, 'ds-backup', 'key.pub'), 'utf8').trim();
  const { PairingCode: code } = JSON.parse((await laptop.backup(['status', '--json'])).stdout);
  assert.match(code, /^\d{6}$/);
  return { serial, code, accepted, before, isChilds: () => childs.startsWith(accepted()) };
}

/** What the audit log says of keys that were let in. */
async function granted({ server }: School, laptop: Laptop): Promise<[string, string][]> {
  const log = await laptop.run('sh', ['-c', `cat ${inAudit(server).folder}/*.jsonl`]);
  const lines = log.stdout.trim().split('\n');
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ serial }) => serial === laptop.serial)
    .filter(({ event }) => ['key-accepted', 'approved'].includes(event))
    .map(({ event, who }) => [event, who]);
}

test('who grinds and floods gets no key in; the teacher lets in the child by what her laptop shows', async () => {
  await using school = await startSchool();
  const { server } = school;
  const laptop = school.laptop(0);
  const { serial, code, accepted, before, isChilds } = await reflashed(school, laptop);
  const program = fileURLToPath(new URL('attacker.ts', import.meta.url));
  const attackers = ['0', '1'].map((seed) =>
    startDaemon(
      process.execPath,
      ['--import', 'tsx', program, server.url, serial, code, seed],
      process.env,
    ),
  );
  try {
    for (const one of attackers) await one.line(/begun/);
    for (let second = 0; second < SECONDS; second += 1) {
      await pause(1000);
      assert.is(accepted(), before, `after ${second} s`);
    }
    const [words, ...rest] = server.command;
    const typed = await laptop.run(words ?? '', [
      ...[...rest, 'approve', serial, code],
      ...['--config', server.configFile],
    ]);
    assert.is(typed.exitCode, 0, `in the middle of it: ${typed.stderr}`);
    assert.ok(isChilds(), 'the key of the child');
    assert.equal(
      attackers.map((one) => one.running()),
      [true, true],
    );
  } finally {
    for (const one of attackers) await one.stop();
  }
  const did = attackers.map(({ lines }) => JSON.parse(lines.at(-1) ?? ''));
  for (const line of did) console.log(JSON.stringify(line));
  const sum = (name: string) => did.reduce((all, one) => all + one[name], 0);
  assert.ok(sum('requests') > 20 && sum('ground') > 1000, 'he did what he could');
  assert.is(sum('accepted'), 0);
  assert.ok(sum('commits') <= 61, `${sum('commits')} tries within the hour`);
  assert.ok(isChilds());
  assert.equal(await granted(school, laptop), [
    ['key-accepted', 'laptop'],
    ['approved', 'admin'],
  ]);
});

test.run();
