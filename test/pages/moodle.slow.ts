// weight: 25
/**
 * Launches of a Moodle in real headless Chromium, with its rules for cookies between sites and in frames: from
 * Moodle's form to the Journal. What the new pages look like: axe-core, 600 px, right to left, grey.
 */
import type { Browser, Frame, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { soak } from '../soak.ts';
import { SERIAL } from '../xs/library.ts';
import {
  begin,
  finish,
  introduce,
  openMoodle,
  type SmallMoodle,
} from '../xs/moodle/small-moodle.ts';
import { openBrowser } from '../xs/pages/browser.ts';
import { launchChromium, overflow, type Size, shoot, violations, visit } from './chromium.ts';
import { type Jocinta, openJocinta, STRANGER, TEACHER } from './jocinta.ts';

const test = suite('launches of Moodle in Chromium');

const HOME = `/ds-restore/${SERIAL}/`;

let school: Jocinta;
let chrome: Browser;
let port: string;

test.before(async () => {
  school = await openJocinta('[moodle]\nenabled = true\n');
  ({ port } = new URL(school.url));
  chrome = await launchChromium();
});
test.after(async () => {
  await chrome?.close();
  await school?.[Symbol.asyncDispose]();
});

/** Signed in to Moodle in this browser. */
async function enter(page: Page, moodle: SmallMoodle, who: string): Promise<void> {
  await page.goto(`${moodle.wwwroot}/login/index.php?as=${who}`);
}

/** The Journal is bound by what a child does: a launch, her link, yes. */
async function showLaptop(page: Page, moodle: SmallMoodle, tool: string): Promise<void> {
  await page.goto(`${moodle.wwwroot}/mod/lti/launch.php`);
  await page.waitForURL('**/ds-restore/moodle/account');
  assert.match(String(await page.textContent('main')), /Jocinta Quispe/);
  await page.goto(tool + school.links.make(SERIAL));
  await page.waitForURL('**/ds-restore/moodle/account');
  await page.click('main button[value=yes]');
  await page.waitForURL(`**${HOME}`);
}

/** Moodle beside us and elsewhere; under names that browsers trust without TLS, and one that they do not. */
const PLACES = [
  { moodleHost: '127.0.0.1', toolHost: 'localhost', name: 'another site' },
  {
    moodleHost: '127.0.0.1',
    toolHost: 'schoolserver',
    name: "another site, the school's own name",
  },
  { moodleHost: 'localhost', toolHost: 'localhost', name: 'the same host, another port' },
] as const;

for (const { moodleHost, toolHost, name } of PLACES) {
  test(`${name}: a child shows her laptop once, then Moodle brings her to her Journal, also out of a frame`, async () => {
    await using moodle = await openMoodle({ host: moodleHost });
    const tool = `http://${toolHost}:${port}`;
    await introduce(moodle, school, tool);
    await using first = await visit(chrome, tool, 'en', 'wide');
    await enter(first.page, moodle, 'jocinta');
    await showLaptop(first.page, moodle, tool);
    await using later = await visit(chrome, tool, 'en', 'wide');
    await enter(later.page, moodle, 'jocinta');
    for (let n = 0; n < 2; n += 1) {
      await later.page.goto(`${moodle.wwwroot}/mod/lti/launch.php`);
      await later.page.waitForURL(`${tool}${HOME}`);
      assert.match(String(await later.page.textContent('main')), /Moodle as .Jocinta Quispe/);
    }
    assert.equal(later.complaints, []);
    // As Moodle says it of an activity that is embedded.
    moodle.target = 'iframe';
    await using visitor = await visit(chrome, tool, 'en', 'wide');
    const { page } = visitor;
    await enter(page, moodle, 'jocinta');
    await page.goto(`${moodle.wwwroot}/mod/lti/view.php`);
    const frame = await framed(page, tool);
    assert.equal(await frame.$$eval('form, button', (all) => all.length), 0);
    await shoot(page, `moodle-framed-${toolHost}`);
    // Out of the frame Moodle still calls it embedded, and is not asked.
    await frame.click('main a.button');
    await page.waitForURL(`${tool}${HOME}`);
  });
}

async function framed(page: Page, tool: string): Promise<Frame> {
  await page.frameLocator('iframe').locator('a.button').waitFor();
  const frame = page.frames().find((one) => one.url().startsWith(tool));
  if (!frame) throw new Error('the frame shows nothing of ours');
  return frame;
}

test('what another began, a browser does not finish: neither a form nor a link of his', async () => {
  await using moodle = await openMoodle();
  const tool = `http://localhost:${port}`;
  await introduce(moodle, school, tool);
  await using visitor = await visit(chrome, tool, 'en', 'wide');
  const { page } = visitor;
  await page.goto(tool + school.links.make(STRANGER));
  const before = page.url();
  const attacker = openBrowser(school.url);
  const { state, nonce } = await begin(moodle, attacker, '6');
  const id_token = await moodle.sign(nonce, { sub: '6', name: 'Mallory' });
  // His page, on another site, sends what Moodle signed for him.
  await page.goto(`${moodle.wwwroot}/login/index.php`);
  const form = `<form method="post" action="${moodle.tool.launch}"><input name="state" value="${state}"><input name="id_token" value="${id_token}"></form>`;
  await page.setContent(form);
  await page.evaluate('document.forms[0].submit()');
  await page.waitForURL('**/arrived?t=*');
  assert.match(String(await page.textContent('h1')), /Please begin again in Moodle/);
  await page.goto(before);
  assert.match(String(await page.textContent('header')), /Ana/, 'she is who she was');
  assert.is((await finish(attacker, { state, id_token })).status, 403, 'and it is used up');
});

const LOOKS: [locale: string, size: Size][] = [
  ['es-PE', 'wide'],
  ['ar', 'small'],
];

for (const [locale, size] of soak(LOOKS, LOOKS.slice(1))) {
  test(`in ${locale}, ${size}: no violation, no complaint, nothing beside the edge`, async () => {
    await using moodle = await openMoodle();
    const tool = `http://localhost:${port}`;
    await introduce(moodle, school, tool);
    await using visitor = await visit(chrome, tool, locale, size);
    const { page, complaints } = visitor;
    const problems: string[] = [];
    const look = async (name: string, isRefused = false) => {
      await shoot(page, `moodle-${name}-${locale}-${size}`);
      const found = [
        ...(await violations(page)),
        ...((await overflow(page)) > 0 ? [`${await overflow(page)} px too wide`] : []),
        ...complaints.splice(0).filter((text) => !isRefused || !/403/.test(text)),
      ];
      problems.push(...found.map((one) => `${name}: ${one}`));
    };
    await enter(page, moodle, 'jocinta');
    complaints.splice(0);
    await page.goto(`${moodle.wwwroot}/mod/lti/launch.php`);
    await page.waitForURL('**/account');
    await look('laptop');
    await page.goto(school.links.make(SERIAL));
    await look('both');
    await page.click('main button[value=yes]');
    await page.waitForURL(`**${HOME}`);
    await look('days');
    await page.goto(school.links.make(STRANGER));
    await page.goto(`${moodle.wwwroot}/mod/lti/launch.php`);
    await page.waitForURL('**/account');
    await look('other');
    await page.click('main button[value=no]');
    await page.goto('/ds-restore/moodle/arrived?t=x');
    await look('again', true);
    await page.goto('/ds-restore/moodle/login?iss=x&client_id=x&login_hint=x');
    await look('stranger', true);
    moodle.target = 'iframe';
    await page.goto(`${moodle.wwwroot}/mod/lti/launch.php`);
    await page.waitForURL('**/launch');
    await look('out');
    assert.equal(problems, []);
  });
}

test('a teacher reads what to fill in, types what Moodle shows, and says yes', async () => {
  await using moodle = await openMoodle();
  const { moodle: records } = school.library;
  for (const { issuer } of [...records.platforms()]) records.forget(issuer);
  await using visitor = await visit(chrome, school.url, 'en', 'small');
  const { page, complaints } = visitor;
  await page.goto('/xs-backup');
  await page.fill('#name', TEACHER.name);
  await page.fill('#password', TEACHER.password);
  await page.click('form[action$="/sign-in"] button');
  await page.waitForURL('**/xs-backup');
  await page.click('main a.button:text-is("Moodle")');
  await shoot(page, 'moodle-fields');
  const fields = String(await page.textContent('.moodle-fields'));
  assert.match(
    fields,
    /Redirection URI\(s\)http:\/\/schoolserver:8080\/ds-restore\/moodle\/launch/,
  );
  for (const [name, word] of [
    ['wwwroot', moodle.wwwroot],
    ['client', moodle.client],
    ['deployment', moodle.deployment],
  ] as const) {
    await page.fill(`#${name}`, word);
  }
  await page.click('main form[method=get] button');
  assert.match(String(await page.textContent('h1')), /belong to this school/);
  assert.equal(records.platforms(), [], 'nothing is done before the yes');
  await page.click('main button');
  assert.match(String(await page.textContent('.done')), /signs children on from now on/);
  assert.match(
    String(await page.textContent('.rows')),
    new RegExp(`${moodle.wwwroot}.*0 children`),
  );
  await page.fill('#wwwroot', 'http://127.0.0.1:1/moodle');
  await page.fill('#client', 'x');
  await page.fill('#deployment', '1');
  await page.click('main form[method=get] button');
  assert.equal(complaints, []);
  await page.click('main button');
  assert.match(String(await page.textContent('.alert')), /no keys from http:\/\/127\.0\.0\.1:1/);
  assert.is(records.platforms().length, 1);
});

test('in grey, yes and no of the question are told apart by their words', async () => {
  await using moodle = await openMoodle();
  const tool = `http://localhost:${port}`;
  await introduce(moodle, school, tool);
  await using visitor = await visit(chrome, tool, 'en', 'small');
  const { page } = visitor;
  await enter(page, moodle, 'jocinta');
  await page.goto(`${moodle.wwwroot}/mod/lti/launch.php`);
  await page.waitForURL('**/account');
  await page.goto(school.links.make(SERIAL));
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setEmulatedVisionDeficiency', { type: 'achromatopsia' });
  await shoot(page, 'moodle-both-grey');
  const words = await page.$$eval('main button', (all) => all.map((one) => one.textContent));
  assert.equal(words, ['Yes, both are me', 'No, one is somebody else']);
});

test.run();
