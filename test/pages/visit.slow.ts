// weight: 15
/**
 * A child's visit for real: her agent asks the school for a link, a browser opens it once, and what it
 * downloads, Sugar's own Journal takes in.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import dbus from 'dbus-next';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { distFolder } from '../../bundle/build.ts';
import { generateJournal } from '../journal/generator.ts';
import { RunningAgent } from '../school/running-agent.ts';
import { startSchool } from '../school/school.ts';
import { type Browser, openBrowser } from '../xs/pages/browser.ts';

const test = suite("a child's visit to the restore pages");

/** `href`s of a page that end like this. */
async function links(browser: Browser, path: string, ending: RegExp): Promise<string[]> {
  const { status, body } = await browser.get(path);
  assert.is(status, 200, `${path}: ${body.slice(0, 300)}`);
  return [...body.matchAll(/href="([^"]+)"/g)]
    .map(([, href = '']) => href)
    .filter((href) => ending.test(href));
}

/** Sugar's own unzip talks as well. */
function lastLine(text: string): { properties: Record<string, string>; content: string } {
  return JSON.parse(text.trim().split('\n').at(-1) ?? '');
}

test("from the agent's link to a picture in Sugar's Journal", async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 40, seed: 3 });
  const backup = await laptop.backup(['now', '--wait']);
  assert.is(backup.exitCode, 0, backup.stderr);
  await using _agent = await RunningAgent.start(laptop);
  const program = join(distFolder, 'ds-backup.mjs');
  const asked = await laptop.run(process.execPath, [program, 'web']);
  assert.is(asked.exitCode, 0, asked.stderr);
  const link = new URL(asked.stdout.trim());
  assert.is(link.origin, school.server.url);

  const browser = openBrowser(link.origin);
  const first = await browser.get(link.pathname);
  assert.is(first.headers.location, `/ds-restore/${laptop.serial}/`);
  assert.is((await openBrowser(link.origin).get(link.pathname)).status, 403, 'once');
  const home = String(first.headers.location);
  const days = await links(browser, home, /datastore-[^/]+\/$/);
  assert.is(new Set(days).size, 1, 'the newest day, and the same in the calendar');
  const entries = await links(browser, days[0] ?? '', /\/[\w-]{36}\/$/);
  assert.is(entries.length, 24);

  const chosen = entries[0] ?? '';
  const bundle = await browser.get(`${chosen}bundle`);
  assert.is(bundle.status, 200);
  const file = await browser.get(`${chosen}file`);
  const picture = await browser.get(`${chosen}picture`);
  const path = join(laptop.home, 'download.xoj');
  writeFileSync(path, bundle.raw);
  const script = fileURLToPath(new URL('./import-bundle.py', import.meta.url));
  const done = await laptop.run('/usr/bin/python3', [script, path]);
  assert.is(done.exitCode, 0, done.stderr);
  const { properties, content } = lastLine(done.stdout);
  const shown = (await browser.get(chosen)).body;
  assert.match(shown, new RegExp(`<h1><bdi>${properties.title}</bdi></h1>`));
  assert.match(properties.activity ?? '', /^org\./);
  assert.is(properties['icon-color'], '#FF2B34,#005FE4');
  assert.ok(picture.raw.equals(Buffer.from(properties.preview ?? '', 'hex')), 'the picture');
  assert.ok(file.raw.equals(Buffer.from(content, 'hex')), 'the content');
});

test('an entry that is only metadata comes through as a bundle as well', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  await laptop.startBus();
  await laptop.datastore(
    'create',
    {
      title: new dbus.Variant('s', 'only words'),
      mime_type: new dbus.Variant('s', 'text/plain'),
    },
    '',
    false,
  );
  const backup = await laptop.backup(['now', '--wait']);
  assert.is(backup.exitCode, 0, backup.stderr);
  await using agent = await RunningAgent.start(laptop);
  const link = new URL(String(await agent.ask('WebLink')));
  const browser = openBrowser(link.origin);
  const home = String((await browser.get(link.pathname)).headers.location);
  const [chosen = ''] = await links(browser, `${home}all/`, /\/[\w-]{36}\/$/);
  assert.is((await browser.get(`${chosen}file`)).status, 404);
  const path = join(laptop.home, 'download.xoj');
  writeFileSync(path, (await browser.get(`${chosen}bundle`)).raw);
  const script = fileURLToPath(new URL('./import-bundle.py', import.meta.url));
  const done = await laptop.run('/usr/bin/python3', [script, path]);
  assert.match(done.stdout, /"only words"/, done.stderr.slice(-2000));
});

test.run();
