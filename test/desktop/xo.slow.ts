/**
 * The `.xo`: the same bytes whenever and wherever it is made, small, nothing of this machine in
 * it, accepted by Sugar's own installer, and running from where that puts it.
 */
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildXo } from '../../bundle/xo.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { type Desktop, startDesktop } from './desktop.ts';
import { ScreenReader } from './screen-reader.ts';

const test = suite('the .xo');
const folder = temporaryFolder(test);
const root = fileURLToPath(new URL('../..', import.meta.url));
/** What it may grow to, unnoticed. */
const LARGEST = 450_000;
const ACTIVITY_ID = 'b'.repeat(40);

let xo: string;
let desktop: Desktop;

test.before(async () => {
  xo = await buildXo(join(folder, 'first'));
  const prepare = (child: Desktop) => void child.makeFolder('home/Activities');
  desktop = await startDesktop({ withoutShell: true, prepare });
});

test.after(async () => {
  await desktop?.[Symbol.asyncDispose]();
});

test('the same sources give the same bytes, in any time zone', async () => {
  const zone = process.env.TZ;
  process.env.TZ = 'Asia/Kolkata';
  try {
    const again = await buildXo(join(folder, 'second'));
    assert.ok(readFileSync(again).equals(readFileSync(xo)));
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
});

test('it is small', () => {
  const { size } = statSync(xo);
  assert.ok(size <= LARGEST, `${size} bytes`);
});

test("Sugar's installer accepts it, and nothing in it names the machine it was made on", async () => {
  const given = desktop.copyIn(xo, 'Backup.xo');
  const said = await desktop.must('sugar-install-bundle', given);
  assert.match(said, /installed/);
  const bundle = join(desktop.home, 'Activities/Backup.activity');
  const run = statSync(join(bundle, 'activity/run'));
  assert.is(run.mode & 0o111, 0o111, 'it can be started');
  for (const name of ['activity/activity.info', 'backup.cjs', 'node_gtk.node']) {
    const content = readFileSync(join(bundle, name));
    assert.not(content.includes(root), name);
  }
  for (const language of ['ar', 'es', 'fr', 'ht', 'pt']) {
    const info = readFileSync(join(bundle, 'locale', language, 'activity.linfo'), 'utf8');
    assert.match(info, /^\[Activity\]\nname = .+\nsummary = .+\n$/);
  }
});

test('from there it starts, has no error to tell, and answers the shell', async () => {
  const bundle = join(desktop.home, 'Activities/Backup.activity');
  const command = `cd ${bundle} && exec activity/run -b org.sugarlabs.Backup -a ${ACTIVITY_ID}`;
  const activity = desktop.start('/bin/sh', ['-c', command]);
  const screen = new ScreenReader(desktop);
  await screen.find('My Backup', { role: 'push button' });
  const name = `org.laptop.Activity${ACTIVITY_ID}`;
  const path = `/org/laptop/Activity/${ACTIVITY_ID}`;
  await desktop.must('gdbus', 'wait', '--session', name);
  const target = ['--session', '--dest', name, '--object-path', path];
  // The shell asks for this description before it calls anything.
  const description = await desktop.must('gdbus', 'introspect', ...target);
  assert.match(description, /SetActive\(in {2}b arg_0\);/);
  // Without it the shell shows the source itself.
  assert.not.match(description, /HandleViewSource|GetDocumentPath/);
  const source = readFileSync(join(bundle, 'source/model/acts/next.ts'), 'utf8');
  assert.match(source, /^\/\*\*/, 'and it is readable');
  const active = ['--method', 'org.laptop.Activity.SetActive', 'true'];
  assert.is((await desktop.must('gdbus', 'call', ...target, ...active)).trim(), '()');
  const told = activity.lines.filter((line) => /^(warning|error):/.test(line));
  assert.equal(told, []);
  await activity.stop();
});

test('without a session bus it says so, to the teacher too, and comes to itself when there is one', async () => {
  const bundle = join(desktop.home, 'Activities/Backup.activity');
  const id = 'f'.repeat(40);
  const command = `cd ${bundle} && exec activity/run -b org.sugarlabs.Backup -a ${id}`;
  const bus = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(desktop.home, 'later')}` };
  // It is still heard by AT-SPI, whose bus is found through the screen.
  const activity = desktop.start('/bin/sh', ['-c', command], bus);
  const screen = new ScreenReader(desktop);
  await screen.find('The backup is not running');
  await screen.find('Ask your teacher.');
  await desktop.screenshot('xo-no-bus');
  const home = await screen.find('My Backup', { role: 'push button' });
  await desktop.click(home.x, home.y, 3);
  await screen.find('no-session-bus');
  await desktop.key('Escape');
  const address = `--address=${bus.DBUS_SESSION_BUS_ADDRESS}`;
  const options = [`--config-file=${join(desktop.folder, 'bus.conf')}`, '--nofork'];
  const daemon = desktop.start('dbus-daemon', [...options, address, '--print-address=1']);
  await daemon.line(/^unix:/);
  await screen.press('Try now');
  const name = `org.laptop.Activity${id}`;
  const given = Object.entries(bus).map(([key, value]) => `${key}=${value}`);
  await desktop.must('env', ...given, 'gdbus', 'wait', '--session', name);
  await activity.stop();
  await daemon.stop();
});

/** A folder of programs for PATH, with a Node.js that says it is of this version. */
function programs(name: string, version: string): string {
  const place = join(desktop.folder, name);
  mkdirSync(place);
  for (const tool of ['uname', 'dirname', 'sugar-activity3']) {
    symlinkSync(join('/usr/bin', tool), join(place, tool));
  }
  writeFileSync(join(place, 'node'), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
  return place;
}

function startWith(path: string, id: string, more = '') {
  const bundle = join(desktop.home, 'Activities/Backup.activity');
  const command = `cd ${bundle} && ${more} PATH=${path} exec activity/run -b org.sugarlabs.Backup -a ${id}`;
  return desktop.start('/bin/sh', ['-c', command]);
}

test('where there is no fitting Node.js, a picture and words say what is missing', async () => {
  const activity = startWith(programs('old', 'v18.20.4'), 'c'.repeat(40));
  const screen = new ScreenReader(desktop);
  await screen.find('Ask your teacher');
  await screen.find(
    /^Backup needs Node\.js 20 \(.+\)\. On this laptop is Node\.js v18\.20\.4 \(.+\)\.$/,
  );
  await desktop.screenshot('xo-no-node');
  await activity.stop();
});

test('a word of the session that is called "node" is no program that it starts', async () => {
  const other = join(programs('odd', 'v18.20.4'), 'node');
  const activity = startWith(join(desktop.folder, 'odd'), '1'.repeat(40), `node=${other}`);
  await new ScreenReader(desktop).find('Ask your teacher');
  await activity.stop();
});

test('a fitting Node.js is found behind one that does not fit', async () => {
  const activity = startWith(`${programs('older', 'v16.0.0')}:${process.env.PATH}`, 'e'.repeat(40));
  await new ScreenReader(desktop).find('My Backup', { role: 'push button' });
  await activity.stop();
});

test.run();
