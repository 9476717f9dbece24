// weight: 35
/**
 * The school's server breaks, and its disk goes into another machine: the library is the
 * server. What is lost with the old machine comes back by itself or is a teacher's to make anew.
 */
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { hostKey, inState } from '../../../xs/storage/paths.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import { waitFor } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';
import type { Laptop } from '../laptop.ts';
import { startSchool } from '../school.ts';
import { runsAsRoot } from '../server.ts';
import { settled } from '../settled.ts';

const test = suite('the library is the server');
const byRoot = testIf(runsAsRoot, test, 'a server run by root needs tests run by root');

async function ok(laptop: Laptop, ...args: string[]): Promise<void> {
  const { exitCode, stderr } = await laptop.backup(args);
  assert.is(exitCode, 0, `${args.join(' ')}: ${stderr}`);
}

test('laptops go on with a copy of the library on a new machine', async () => {
  await using school = await startSchool();
  const { server } = school;
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 12, seed: 1 });
  await ok(laptop, 'now');
  await server.daemon.stop();
  // Copied as people copy: everybody may read everything, and nothing but the library came along.
  const copy = `${server.library}-copy`;
  cpSync(server.library, copy, { recursive: true, preserveTimestamps: true });
  rmSync(server.library, { recursive: true });
  cpSync(copy, server.library, { recursive: true, preserveTimestamps: true });
  chmodSync(hostKey(server), 0o644);
  await laptop.run('chown', ['-R', '--reference', join(server.library, '..'), server.library]);
  for (const gone of [copy, server.state, server.completion]) rmSync(gone, { recursive: true });
  await server.start();
  await ok(laptop, 'now');
  changeJournal(laptop.journal, { count: 3, seed: 2 });
  await settled();
  await ok(laptop, 'now');
  assert.is(listSnapshots(server, parseSerial(laptop.serial)).length, 2);
  const before = readJournal(laptop.journal);
  await laptop.loseJournal();
  await laptop.startBus();
  await ok(laptop, 'restore', 'latest');
  assert.is(compareJournals(before, readJournal(laptop.journal)).identical, 12);
});

test('a damaged key of the server is mended from its copy, and never replaced by a new one', async () => {
  await using school = await startSchool();
  const { server } = school;
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 3, seed: 3 });
  await ok(laptop, 'now');
  await server.daemon.stop();
  const whole = readFileSync(hostKey(server));
  writeFileSync(hostKey(server), '');
  await server.start();
  assert.equal(readFileSync(hostKey(server)), whole);
  await ok(laptop, 'now');
  await server.daemon.stop();
  rmSync(inState(server).hostKeyCopy);
  writeFileSync(hostKey(server), '');
  const [program = '', ...first] = [...server.command, 'serve', '--config', server.configFile];
  const refused = await laptop.run(program, [...first, '--listen', '127.0.0.1:0']);
  assert.is(refused.exitCode, 1, refused.stderr);
  assert.match(refused.stderr, /\.host-key is not a valid private key/);
  assert.match(refused.stderr, /hint: restore it from a copy of the library/);
  assert.is(readFileSync(hostKey(server)).length, 0);
  writeFileSync(hostKey(server), whole);
  await server.start();
  await ok(laptop, 'now');
});

test('a damaged key of a laptop becomes a new one, which a teacher lets in', async () => {
  await using school = await startSchool();
  const { server } = school;
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 3, seed: 4 });
  await ok(laptop, 'now');
  const key = join(laptop.profile, 'ds-backup', 'key');
  writeFileSync(key, '');
  changeJournal(laptop.journal, { count: 1, seed: 5 });
  await settled();
  const words: string[] = [];
  await waitFor('a question to the teacher', async () => {
    const { stderr } = await laptop.backup(['now']);
    words.push(stderr);
    return stderr.includes('pending-approval');
  });
  assert.ok(words.length <= 2, words.join(''));
  assert.is(existsSync(`${key}.pub`), true);
  const [program = '', ...first] = server.command;
  const code = /\b\d{6}\b/.exec(words.at(-1) ?? '')?.[0] ?? '';
  const yes = [...first, 'approve', laptop.serial, code, '--config', server.configFile];
  assert.is((await laptop.run(program, yes)).exitCode, 0);
  await ok(laptop, 'now');
});

byRoot('where sessions have another number it is told, with the command that heals', async () => {
  await using school = await startSchool({ server: { as: 'root' } });
  const { server } = school;
  const laptop = school.laptop(0);
  const [program = '', ...first] = server.command;
  const xs = (...args: string[]) =>
    laptop.run(program, [...first, ...args, '--config', server.configFile]);
  generateJournal(laptop.journal, { entries: 6, seed: 6 });
  await ok(laptop, 'now');
  changeJournal(laptop.journal, { count: 2, seed: 7 });
  await settled();
  await ok(laptop, 'now');
  const [newest, oldest] = listSnapshots(server, parseSerial(laptop.serial));
  assert.ok(newest && oldest);
  await server.daemon.stop();
  const copy = `${server.library}-copy`;
  assert.is((await laptop.run('rsync', ['-aH', `${server.library}/`, copy])).exitCode, 0);
  for (const gone of [server.library, server.state, server.completion]) {
    rmSync(gone, { recursive: true });
  }
  renameSync(copy, server.library);
  const config = readFileSync(server.configFile, 'utf8');
  writeFileSync(server.configFile, config.replace(/^uid = .*$/m, 'uid = 64997'));
  await server.start();
  const why = /sessions cannot read .*: its group is 64999/;
  const doctor = async () => (await xs('doctor')).stdout.replace(/\s+/g, ' ');
  assert.match(await doctor(), why);
  assert.match(await doctor(), /: chgrp -R -h 64997 /);
  const status = await xs('status');
  assert.is(status.exitCode, 3);
  assert.match(status.stdout, /rights \(sessions cannot read /);
  await server.daemon.stop();
  const verify = await xs('verify');
  assert.match(verify.stdout, /all of it is whole/);
  assert.match(verify.stderr, why);
  assert.match(verify.stderr, /hint: chgrp -R -h 64997 /);
  const heals = /hint: (chgrp .*)/.exec(verify.stderr)?.[1] ?? '';
  // Only the newest one was given to them, before somebody stopped it.
  chownSync(newest.folder, 0, 64_997);
  assert.match(await doctor(), why);
  assert.is((await laptop.run('sh', ['-c', heals])).exitCode, 0, heals);
  await server.start();
  const before = readJournal(laptop.journal);
  await laptop.loseJournal();
  await laptop.startBus();
  await ok(laptop, 'restore', 'latest');
  assert.is(compareJournals(before, readJournal(laptop.journal)).identical, 6);
});

test.run();
