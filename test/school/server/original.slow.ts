/**
 * Sugar's own registration and the original client's command lines against the real server.
 * The client is stock rsync and ssh, run as OLPC's ds-backup.py runs them. Added to its lines are
 * only the port, a known_hosts file of the test's own, and that ssh uses nothing but the algorithms
 * of its time.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import dbus from 'dbus-next';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { decodeEntry, propertyText } from '../../../shared/journal/entry.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { waitFor } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';
import { checkSnapshot } from '../../xs/check.ts';
import type { Laptop } from '../laptop.ts';
import { complete, makeProfile, mirror, OPENSSH_6_1, register } from '../original-client.ts';
import { type School, startSchool } from '../school.ts';

const test = suite('Sugar registers, and the original client backs up');

async function createEntry(laptop: Laptop, title: string, content: string): Promise<string> {
  const file = join(laptop.home, 'content');
  writeFileSync(file, content);
  const text = (value: string) => new dbus.Variant('s', value);
  const properties = {
    title: text(title),
    activity: text('org.laptop.WebActivity'),
    mime_type: text('text/plain'),
    preview: new dbus.Variant('ay', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0x00])),
  };
  return String(await laptop.datastore('create', properties, file, false));
}

async function snapshotWithSequence(school: School, laptop: Laptop, sequence: number) {
  const serial = parseSerial(laptop.serial);
  const found = await waitFor(`snapshot ${sequence}`, () => {
    const manifest = newestSnapshot(school.server, serial);
    return manifest?.sequence === sequence ? manifest : undefined;
  });
  if (!found) throw new Error('unreachable');
  checkSnapshot(found);
  return { manifest: found, folder: found.folder };
}

test('register_laptop() of the real Sugar registers; a changed key waits', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  await makeProfile(laptop, 'Jocinta Ñusta');
  const done = await register(laptop, school.server.url);
  assert.match(done.stdout, 'registered', done.stderr);
  const url = await laptop.run('gsettings', ['get', 'org.sugarlabs', 'backup-url']);
  assert.is(url.stdout.trim(), `'${laptop.serial}@schoolserver:backup'`);
  const record = JSON.parse(
    readFileSync(inLaptop(school.server, parseSerial(laptop.serial)).registration, 'utf8'),
  );
  assert.is(record.nick, 'Jocinta Ñusta');
  assert.match(record.keys.sugar, /^ssh-dss /);
  const available = await fetch(`${school.server.url}/backup/1/available/${laptop.serial}`);
  assert.equal([available.status, await available.text()], [200, '']);
});

test('registration that is switched off is said so in Sugar, and leaves nothing', async () => {
  await using school = await startSchool({ server: { settings: '[registration]\nopen = false' } });
  const laptop = school.laptop(0);
  await makeProfile(laptop, 'Jim');
  const refused = await register(laptop, school.server.url);
  assert.match(refused.stderr, /RegisterError/);
  assert.is(existsSync(inLaptop(school.server, parseSerial(laptop.serial)).home), false);
});

test('the original client backs up: its mirror becomes a proper snapshot', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  await makeProfile(laptop, 'Jim');
  await register(laptop, school.server.url);
  const turtle = await createEntry(laptop, 'Turtle ñandú', 'forward 100');
  const second = await createEntry(laptop, 'Text', 'hello\n');
  const sent = await mirror(school, laptop, laptop.journal, 'datastore-current');
  assert.is(sent.exitCode, 0, sent.stderr);
  assert.is(
    newestSnapshot(school.server, parseSerial(laptop.serial)),
    undefined,
    'not before completion',
  );
  assert.is((await complete(school, laptop)).exitCode, 0);
  const first = await snapshotWithSequence(school, laptop, 1);
  assert.is(first.manifest.source, 'original');
  assert.is(first.manifest.entries, 2);
  assert.is(readFileSync(join(first.folder, turtle), 'utf8'), 'forward 100');
  const entry = decodeEntry(readFileSync(join(first.folder, `${turtle}.metadata`)));
  assert.is(propertyText(entry, 'title'), 'Turtle ñandú');
  assert.equal(entry.properties.get('preview'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0x00]));

  await laptop.datastore('delete', second);
  const file = join(laptop.home, 'content');
  // Another size, and a size of other length: rsync looks at no more than size and second, of the
  // content as of the property "filesize".
  const longer = 'forward 2000\n'.repeat(10);
  writeFileSync(file, longer);
  const title = { title: new dbus.Variant('s', 'Turtle 2') };
  await laptop.datastore('update', turtle, title, file, false);
  assert.is((await mirror(school, laptop, laptop.journal, 'datastore-current')).exitCode, 0);
  assert.is((await complete(school, laptop)).exitCode, 0);
  const next = await snapshotWithSequence(school, laptop, 2);
  assert.equal([next.manifest.entries, next.manifest.changed, next.manifest.removed], [1, 1, 1]);
  assert.is(readFileSync(join(next.folder, turtle), 'utf8'), longer);
  assert.is(readFileSync(join(first.folder, turtle), 'utf8'), 'forward 100', 'the first stays');
});

test('documents and power logs are kept as plain mirrors', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  await makeProfile(laptop, 'Jim');
  await register(laptop, school.server.url);
  for (const name of ['documents', 'power-logs'] as const) {
    const folder = join(laptop.home, name);
    mkdirSync(join(folder, 'deep'), { recursive: true });
    writeFileSync(join(folder, 'deep', 'file'), name);
    const sent = await mirror(school, laptop, folder, name, OPENSSH_6_1);
    assert.is(sent.exitCode, 0, sent.stderr);
    const mirrored = inLaptop(school.server, parseSerial(laptop.serial)).mirror(name);
    assert.is(readFileSync(join(mirrored, 'deep', 'file'), 'utf8'), name);
  }
});

test('a service killed while it folds an original mirror finishes at its next start', async () => {
  for (const point of ['ingest.claimed', 'ingest.pooled', 'ingest.promoted', 'ingest.recorded']) {
    await using school = await startSchool();
    const laptop = school.laptop(0);
    await makeProfile(laptop, 'Jim');
    await register(laptop, school.server.url);
    await createEntry(laptop, 'One', 'one');
    await createEntry(laptop, 'Two', 'two');
    await school.server.daemon.stop();
    await school.server.start(point);
    await mirror(school, laptop, laptop.journal, 'datastore-current');
    await complete(school, laptop);
    await school.server.daemon.ended;
    await school.server.daemon.kill();
    await school.server.start();
    const { manifest } = await snapshotWithSequence(school, laptop, 1);
    assert.is(manifest.entries, 2, point);
  }
});

const [networks, rules] = ['two-networks.sh', '../../../bundle/server/original-clients.nft'].map(
  (file) => new URL(file, import.meta.url).pathname,
);
const canRedirect = existsSync('/usr/sbin/nft') && process.getuid?.() === 0;
const redirected = testIf(canRedirect, test, 'nftables and network namespaces are needed');

redirected('port 22 of laptops is ours, and that of everybody else is still the machine’s', () => {
  const args = ['--net', 'sh', networks ?? '', rules ?? ''];
  const answers = execFileSync('unshare', args, { encoding: 'utf8' });
  assert.equal(answers.trim().split('\n'), ['backup', 'machine', 'machine']);
});

test.run();
