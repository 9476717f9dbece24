// weight: 40
/**
 * A laptop comes back reflashed: Sugar's own "Register" sends another key, the agent's waits, and a
 * teacher lets it in on the page, in real Chromium, by the six digits that it shows. The service is never
 * stopped. Sugar is told of a device tree of the test's own, as an XO has one: serial and uuid survive.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../shared/ids.ts';
import { readAudit } from '../../xs/registration/audit.ts';
import { listHeld, newestSnapshot } from '../../xs/storage/snapshots.ts';
import { compareJournals, readJournal } from '../journal/compare.ts';
import { generateJournal } from '../journal/generator.ts';
import type { Laptop } from '../school/laptop.ts';
import { type School, startSchool } from '../school/school.ts';
import { launchChromium, overflow, shoot, violations, visit } from './chromium.ts';

const test = suite('a reflashed laptop is let in on the page');

const PASSWORD = 'cuatro palabras sin orden';
const REGISTER = `
import sys
from jarabe.desktop import schoolserver
schoolserver._OFW_TREE = sys.argv[2]
print('registered' if schoolserver.register_laptop(sys.argv[1]) else 'refused')
`;

/** A teacher's browser, which knows the certificate of this school. */
async function openChromium({ server }: School): Promise<Browser & AsyncDisposable> {
  const chrome = await launchChromium(server);
  return Object.assign(chrome, { [Symbol.asyncDispose]: () => chrome.close() });
}

/** The first start of Sugar on it, and "Register" in its menu. */
async function setUp(school: School, laptop: Laptop, nick: string): Promise<void> {
  const tree = join(laptop.home, 'ofw');
  mkdirSync(join(tree, 'mfg-data'), { recursive: true });
  writeFileSync(join(tree, 'mfg-data', 'SN'), 'SHC02600123\0');
  writeFileSync(join(tree, 'mfg-data', 'U#'), '5E4B1C7A-8F0D-4C3B-9A57-0123456789AB\0');
  mkdirSync(laptop.profile, { recursive: true });
  const key = join(laptop.profile, 'owner.key');
  execFileSync('ssh-keygen', ['-q', '-t', 'dsa', '-C', '', '-N', '', '-f', key]);
  await laptop.setSetting('org.sugarlabs.user', 'nick', nick);
  await laptop.setSetting('org.sugarlabs.user', 'color', '#FF2B34,#005FE4');
  await laptop.startBus();
  const done = await laptop.run('/usr/bin/python3', [
    '-c',
    REGISTER,
    `${school.server.url}/`,
    tree,
  ]);
  assert.match(done.stdout, 'registered', done.stderr);
}

/** Everything that was written on the laptop is gone. */
async function reflash(laptop: Laptop): Promise<void> {
  await laptop.stopDatastore();
  for (const name of ['.sugar', '.config', '.cache', '.local']) {
    rmSync(join(laptop.home, name), { recursive: true, force: true });
  }
}

function addTeacher(school: School): void {
  const [command = '', ...rest] = school.server.command;
  const args = [...rest, 'teacher', 'add', 'Rosa', '--config', school.server.configFile];
  execFileSync(command, args, { input: `${PASSWORD}\n`, env: { PATH: process.env.PATH } });
}

async function signIn(page: Page): Promise<void> {
  await page.fill('#name', 'Rosa');
  await page.fill('#password', PASSWORD);
  await page.click('form[action$="/sign-in"] button');
}

/** Into the first line of those that wait. */
async function typeDigits(page: Page, digits: string): Promise<void> {
  await page.fill('.asking li:first-child input.code', digits);
  await page.click('.asking li:first-child form button');
}

/** What the eye and axe-core say of a page on the way. */
async function look(page: Page, name: string): Promise<void> {
  await shoot(page, `approval-${name}`);
  assert.equal(await violations(page), [], name);
  assert.ok((await overflow(page)) <= 0, name);
}

test('Sugar registers, is reflashed and waits; the teacher types its digits; all comes back', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  addTeacher(school);
  await setUp(school, laptop, 'Jocinta');
  generateJournal(laptop.journal, { entries: 30, seed: 21 });
  const before = readJournal(laptop.journal);
  const first = await laptop.backup(['now']);
  assert.is(first.exitCode, 0, first.stderr);
  const serial = parseSerial(laptop.serial);
  const { pid } = school.server.daemon;

  await reflash(laptop);
  await setUp(school, laptop, 'Jocinta');
  assert.is(laptop.serial, serial, 'the serial of the machine');
  const waits = await laptop.backup(['restore', 'latest']);
  assert.is(waits.exitCode, 77, waits.stderr);
  const code = /\b\d{6}\b/.exec(/pending-approval[\s\S]*/.exec(waits.stderr)?.[0] ?? '')?.[0] ?? '';
  assert.match(code, /^\d{6}$/, waits.stderr);

  await using chrome = await openChromium(school);
  await using visitor = await visit(chrome, school.server.url, 'es-PE', 'small');
  const { page, complaints } = visitor;
  await page.goto('/xs-backup');
  await signIn(page);
  assert.match(page.url(), /\/xs-backup$/);
  await look(page, '1-status');
  await page.click('.asks a[href="/xs-backup/waiting?only=keys"]');
  await look(page, '2-waiting');
  assert.not.match(String(await page.textContent('main')), code, 'the digits are on the laptop');
  await typeDigits(page, code === '000000' ? '000001' : '000000');
  await look(page, '3-wrong-digits');
  assert.is((await laptop.backup(['now'])).exitCode, 77, 'wrong digits let nobody in');
  await page.goto('/xs-backup/waiting');
  await typeDigits(page, code);
  assert.match(String(await page.textContent('[role=status]')), /puede entrar, y sigue sola/);
  await look(page, '4-approved');

  const restored = await laptop.backup(['restore', 'latest']);
  assert.is(restored.exitCode, 0, restored.stderr);
  assert.is(school.server.daemon.pid, pid, 'it served all the while');
  const { missing, different } = compareJournals(before, readJournal(laptop.journal));
  assert.equal([missing, different], [[], []]);
  const now = await laptop.backup(['now']);
  assert.is(now.exitCode, 0, now.stderr);
  assert.is(newestSnapshot(school.server, serial)?.entries, 30);
  assert.equal(listHeld(school.server, serial), []);

  const decided = readAudit(school.server, serial).filter(({ who }) => who !== 'laptop');
  assert.equal(
    decided.map(({ event, name }) => [event, name]),
    [['approved', 'Rosa']],
  );
  // Chromium says so of the page that refuses wrong digits.
  assert.is(complaints.length, 1, complaints.join());
  assert.match(complaints[0] ?? '', /404/);
});

test('what the page decides, the terminal sees at once, and the other way round; a code opens a Journal', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  addTeacher(school);
  await setUp(school, laptop, 'Jim');
  generateJournal(laptop.journal, { entries: 3, seed: 22 });
  assert.is((await laptop.backup(['now'])).exitCode, 0);
  const [command = '', ...rest] = school.server.command;
  const xs = (...args: string[]) =>
    laptop.run(command, [...rest, ...args, '--config', school.server.configFile]);
  await using chrome = await openChromium(school);
  await using visitor = await visit(chrome, school.server.url, 'en', 'wide');
  const { page } = visitor;
  await page.goto(`/xs-backup/laptop/${laptop.serial}`);
  await signIn(page);
  await page.click('text=Take out of use');
  await page.click('main form button');
  await look(page, '5-retired');
  const { laptops } = JSON.parse((await xs('laptops', '--json')).stdout);
  assert.type(laptops[0].retired, 'string');
  assert.is.not((await laptop.backup(['now'])).exitCode, 0);
  assert.is((await xs('unretire', laptop.serial)).exitCode, 0);
  await page.reload();
  assert.is(await page.locator('main >> text=Take back into use').count(), 0);
  assert.is((await laptop.backup(['now'])).exitCode, 0);
  await page.click('text=A code for this child');
  await look(page, '6-code');
  const code = String(await page.textContent('output'));
  await using other = await visit(chrome, school.server.url, 'en', 'small');
  await other.page.goto('/ds-restore');
  await other.page.fill('#code', code);
  await other.page.click('text=To my Journal');
  assert.match(other.page.url(), new RegExp(`/ds-restore/${laptop.serial}/$`));
  await look(other.page, '7-journal');
  const audit = await xs('audit', laptop.serial);
  assert.match(
    audit.stdout,
    /retired +by teacher Rosa\n.*unretired +by admin\n.*code-given +by teacher Rosa\n.*code-used +by laptop .*\n$/,
  );
});

test('at a terminal a long command draws a bar; into a file it does not', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 40, seed: 23 });
  assert.is((await laptop.backup(['now'])).exitCode, 0);
  const [command = '', ...rest] = school.server.command;
  const line = (...args: string[]) => [...rest, ...args, '--config', school.server.configFile];
  const bar = /\r\u001b\[K\[[#-]{30}\] \d+\/\d+ /;
  for (const args of [['cleanup'], ['rebuild'], ['verify']]) {
    const quiet = await laptop.run(command, line(...args));
    assert.is(quiet.exitCode, 0, quiet.stderr);
    assert.not.match(quiet.stdout + quiet.stderr, bar);
    const words = [command, ...line(...args)].join(' ');
    const shown = await laptop.run('script', ['-qec', words, '/dev/null']);
    assert.is(shown.exitCode, 0, shown.stdout);
    assert.match(shown.stdout, bar, args.join());
    assert.match(shown.stdout, quiet.stdout.trim().split('\n').at(-1)?.slice(0, 12) ?? '?');
    const dumb = await laptop.run('script', ['-qec', `TERM=dumb ${words}`, '/dev/null']);
    assert.not.match(dumb.stdout, /\u001b/, 'no escapes for a terminal that has none');
  }
  const through = (rest: string) => {
    const words = [command, ...line('snapshots', laptop.serial)].join(' ');
    return laptop.run('bash', ['-c', `set -o pipefail; ${words} ${rest}`]);
  };
  const cut = await through('| true');
  assert.equal([cut.exitCode, cut.stderr], [0, ''], 'who has seen enough is not told off');
  const full = await through('> /dev/full');
  assert.is(full.exitCode, 1);
  assert.match(full.stderr, /^error: the answer cannot be written: ENOSPC.*\n$/);
});

test.run();
