/**
 * Whose Journal an account of Moodle opens: hers who showed a launch and her laptop in one browser and said yes;
 * nobody's by a name, an e-mail address, a number or a role.
 */
import { generateKeyPairSync } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { addTeacher } from '../../../xs/admin/teachers.ts';
import { readAudit } from '../../../xs/registration/audit.ts';
import { SERIAL } from '../library.ts';
import { type Browser, openBrowser, type PagesServer, servePages } from '../pages/browser.ts';
import { dsaKey, serialOf } from '../whole.ts';
import { begin, finish, introduce, launch, openMoodle, type SmallMoodle } from './small-moodle.ts';

const test = suite('the account of Moodle that opens a Journal');

const ON = '[moodle]\nenabled = true\n';
const ANA = serialOf(5);
const ACCOUNT = '/ds-restore/moodle/account';
const END = '/ds-restore/moodle/end';
const homeOf = (serial: string) => `/ds-restore/${serial}/`;
const PASSWORD = 'four words are enough';

let moodle: SmallMoodle;
let server: PagesServer;
test.before(async () => {
  moodle = await openMoodle();
  server = await servePages(ON);
  await addTeacher(server.library.paths, 'Rosa', PASSWORD, new Date());
});
test.after(async () => {
  await server?.[Symbol.asyncDispose]();
  await moodle?.[Symbol.asyncDispose]();
});
// Added anew, it knows no account.
test.before.each(async () => {
  server.clock.pass(2 * DAY_MS);
  server.library.registrations.register(ANA, 'Ana', 'u', dsaKey(5));
  await introduce(moodle, server);
});

async function bind(account: string, serial = SERIAL): Promise<Browser> {
  const browser = openBrowser(server.url);
  assert.is((await launch(moodle, browser, account)).location, ACCOUNT);
  assert.is((await browser.get(server.links.make(serial))).headers.location, ACCOUNT);
  const { headers } = await browser.fill(ACCOUNT, ACCOUNT, { answer: 'yes' });
  assert.is(headers.location, homeOf(serial));
  return browser;
}

const opens = async (browser: Browser, serial: string) =>
  (await browser.get(homeOf(serial))).status === 200;

test('is asked for the laptop, and then once whether both are hers', async () => {
  const browser = openBrowser(server.url);
  assert.is((await launch(moodle, browser, 'jocinta')).location, ACCOUNT);
  const waiting = await browser.get(ACCOUNT);
  assert.match(waiting.body, /Which laptop is yours\?[\s\S]*Jocinta Quispe/);
  assert.not(browser.cookies.has('ds-session'));
  const led = await browser.get(server.links.make(SERIAL));
  assert.is(led.headers.location, ACCOUNT);
  const question = await browser.get(ACCOUNT);
  assert.match(question.body, /Are both of these you\?[\s\S]*Jocinta Quispe[\s\S]*Jocinta</);
  await browser.fill(ACCOUNT, ACCOUNT, { answer: 'yes' });
  assert.is((await browser.get(ACCOUNT)).headers.location, '/ds-restore/', 'not asked again');
  const home = await browser.get(homeOf(SERIAL));
  assert.match(home.body, /Whoever signs in to Moodle as .Jocinta Quispe. sees this Journal/);
  const elsewhere = openBrowser(server.url);
  assert.is((await launch(moodle, elsewhere, 'jocinta')).location, homeOf(SERIAL));
  assert.ok(await opens(elsewhere, SERIAL));
  assert.is((await elsewhere.get(homeOf(ANA))).status, 404, 'and no other');
  const events = readAudit(server.library.paths, SERIAL).map(({ event, who }) => [event, who]);
  assert.equal(events.slice(-2), [
    ['moodle-bound', 'child'],
    ['moodle-signed-on', 'child'],
  ]);
});

test('opens nothing after a no, and the laptop stays signed on', async () => {
  const browser = openBrowser(server.url);
  await launch(moodle, browser, 'jocinta');
  await browser.get(server.links.make(SERIAL));
  await browser.fill(ACCOUNT, ACCOUNT, { answer: 'no' });
  assert.equal(server.library.moodle.bindings(), []);
  assert.ok(await opens(browser, SERIAL));
  assert.is((await launch(moodle, openBrowser(server.url), 'jocinta')).location, ACCOUNT);
});

test('needs a link that is opened after the launch, in the same browser, within ten minutes', async () => {
  const signedOn = openBrowser(server.url);
  await signedOn.get(server.links.make(SERIAL));
  await launch(moodle, signedOn, 'mallory');
  assert.match((await signedOn.get(ACCOUNT)).body, /Which laptop is yours/, 'a session is no link');
  const answer = { answer: 'yes', pending: 'x' };
  assert.is((await signedOn.fill(homeOf(SERIAL), '/ds-restore/sign-out', {})).status, 303);
  const [here, there] = [openBrowser(server.url), openBrowser(server.url)];
  await launch(moodle, here, 'mallory');
  assert.is((await there.get(server.links.make(SERIAL))).headers.location, homeOf(SERIAL));
  const form =
    /name="form" value="([^"]+)"/.exec((await there.get(homeOf(SERIAL))).body)?.[1] ?? '';
  assert.is((await there.post(ACCOUNT, { ...answer, form })).status, 403);
  server.clock.pass(601_000);
  assert.is((await here.get(server.links.make(SERIAL))).headers.location, homeOf(SERIAL), 'late');
  assert.equal(server.library.moodle.bindings(), []);
});

test('takes the code of a teacher for the link, where a laptop has no Backup', async () => {
  const browser = openBrowser(server.url);
  await launch(moodle, browser, 'jocinta');
  const { code } = JSON.parse(await server.command('sign-in-code', [SERIAL], { json: true }));
  const led = await browser.fill('/ds-restore/sign-in', '/ds-restore/code', { code });
  assert.is(led.headers.location, ACCOUNT);
  const { headers } = await browser.fill(ACCOUNT, ACCOUNT, { answer: 'yes' });
  assert.is(headers.location, homeOf(SERIAL));
  assert.is(server.library.moodle.bindings(SERIAL).length, 1);
});

test('is the one that the question named, also when another launch came in between', async () => {
  const browser = openBrowser(server.url);
  await launch(moodle, browser, 'jocinta');
  await browser.get(server.links.make(SERIAL));
  const field = async (name: string) => {
    const { body } = await browser.get(ACCOUNT);
    return new RegExp(`name="${name}" value="([^"]+)"`).exec(body)?.[1] ?? '';
  };
  const asked = await field('pending');
  await launch(moodle, browser, 'mallory');
  await browser.get(server.links.make(SERIAL));
  const fields = { form: await field('form'), pending: asked, answer: 'yes' };
  assert.is((await browser.post(ACCOUNT, fields)).status, 403);
  assert.equal(server.library.moodle.bindings(), []);
  // Nor may another site answer for her.
  await browser.get(server.links.make(SERIAL));
  const pending = await field('pending');
  const forged = await browser.post(ACCOUNT, { pending, answer: 'yes', form: 'x' });
  assert.is(forged.status, 403);
  assert.equal(server.library.moodle.bindings(), []);
});

test('is one a Journal, and one Journal an account', async () => {
  await bind('jocinta');
  const browser = openBrowser(server.url);
  await launch(moodle, browser, 'mallory');
  await browser.get(server.links.make(SERIAL));
  const page = await browser.get(ACCOUNT);
  assert.equal([page.status, /has another account/.test(page.body)], [403, true]);
  assert.equal(
    server.library.moodle.bindings().map(({ sub }) => sub),
    ['4'],
  );
});

test('two questions that are open at once bind one of them', async () => {
  const both = [openBrowser(server.url), openBrowser(server.url)] as const;
  const names = ['jocinta', 'mallory'];
  for (const [n, browser] of both.entries()) {
    await launch(moodle, browser, names[n] ?? '');
    await browser.get(server.links.make(SERIAL));
    assert.match((await browser.get(ACCOUNT)).body, /Are both of these you/);
  }
  const answers = await Promise.all(both.map((one) => one.fill(ACCOUNT, ACCOUNT, {})));
  assert.equal(answers.map(({ status }) => status).sort(), [303, 403]);
  assert.is(server.library.moodle.bindings().length, 1);
});

test('never replaces somebody who is signed in without being asked', async () => {
  await bind('jocinta');
  const child = openBrowser(server.url);
  await child.get(server.links.make(ANA));
  const teacher = openBrowser(server.url);
  const signIn = '/ds-restore/sign-in';
  await teacher.fill(signIn, signIn, { name: 'Rosa', password: PASSWORD });
  for (const [browser, before] of [
    [child, homeOf(ANA)],
    [teacher, '/xs-backup'],
  ] as const) {
    assert.is((await launch(moodle, browser, 'jocinta')).location, ACCOUNT);
    assert.is((await browser.get(before)).status, 200, 'still who she was');
    assert.match((await browser.get(ACCOUNT)).body, /Somebody else is signed in here/);
    await browser.fill(ACCOUNT, ACCOUNT, { answer: 'no' });
    assert.is((await browser.get(before)).status, 200);
  }
  await launch(moodle, child, 'jocinta');
  const { headers } = await child.fill(ACCOUNT, ACCOUNT, { answer: 'yes' });
  assert.is(headers.location, homeOf(SERIAL));
  assert.is((await child.get(homeOf(ANA))).status, 404);
});

test('that waits and has its Journal is offered to nobody who is signed on after it', async () => {
  await bind('jocinta');
  const shared = openBrowser(server.url);
  await shared.get(server.links.make(ANA));
  assert.is((await launch(moodle, shared, 'jocinta')).location, ACCOUNT);
  assert.is((await shared.get(server.links.make(ANA))).headers.location, homeOf(ANA));
  assert.is((await shared.get(ACCOUNT)).headers.location, '/ds-restore/', 'nothing waits');
  assert.is((await shared.get(homeOf(SERIAL))).status, 404);
});

test('that waits is forgotten with a sign-out, and after ten minutes, however often a laptop was shown', async () => {
  const shared = openBrowser(server.url);
  await shared.get(server.links.make(ANA));
  await launch(moodle, shared, 'jocinta');
  await shared.fill(homeOf(ANA), '/ds-restore/sign-out', {});
  assert.is((await shared.get(server.links.make(ANA))).headers.location, homeOf(ANA), 'signed out');
  await launch(moodle, shared, 'jocinta');
  server.clock.pass(400_000);
  assert.is((await shared.get(server.links.make(ANA))).headers.location, ACCOUNT);
  server.clock.pass(201_000);
  assert.is((await shared.get(server.links.make(ANA))).headers.location, homeOf(ANA), 'late');
});

test('is ended by the child, with its sessions and not with those of her laptop', async () => {
  const own = await bind('jocinta');
  const elsewhere = openBrowser(server.url);
  await launch(moodle, elsewhere, 'jocinta');
  assert.ok(await opens(elsewhere, SERIAL));
  const other = await bind('ana', ANA);
  const account = server.library.moodle.bindings(SERIAL)[0]?.id ?? '';
  await other.fill(homeOf(ANA), END, { account });
  assert.is(server.library.moodle.bindings().length, 2, "another child's is not hers to end");
  await own.fill(homeOf(SERIAL), END, {});
  assert.not(await opens(elsewhere, SERIAL));
  assert.ok(await opens(own, SERIAL));
  assert.is((await launch(moodle, openBrowser(server.url), 'jocinta')).location, ACCOUNT);
  await bind('mallory');
});

test('is ended by a teacher, on the page of the laptop', async () => {
  await bind('jocinta');
  const teacher = openBrowser(server.url);
  const signIn = '/ds-restore/sign-in';
  await teacher.fill(signIn, signIn, { name: 'Rosa', password: PASSWORD });
  const page = await teacher.get(`/xs-backup/laptop/${SERIAL}`);
  assert.match(page.body, /as .Jocinta Quispe. sees this Journal/);
  const ask = `/xs-backup/do?act=moodle-end&serial=${SERIAL}`;
  assert.is((await teacher.fill(ask, '/xs-backup/do', {})).status, 303);
  assert.equal(server.library.moodle.bindings(), []);
  const last = readAudit(server.library.paths, SERIAL).at(-1);
  assert.equal([last?.event, last?.who, last?.name], ['moodle-ended', 'teacher', 'Rosa']);
});

test('a teacher who keeps no server may end an account, and add or forget no Moodle', async () => {
  await bind('jocinta');
  await addTeacher(server.library.paths, 'Eva', PASSWORD, new Date());
  const teacher = openBrowser(server.url);
  const signIn = '/ds-restore/sign-in';
  await teacher.fill(signIn, signIn, { name: 'Eva', password: PASSWORD });
  const page = await teacher.get('/xs-backup/moodle');
  assert.match(page.body, /Redirection URI/);
  assert.not.match(page.body, /name="wwwroot"|moodle-forget/);
  const [, form = ''] = /name="form" value="([^"]+)"/.exec(page.body) ?? [];
  const { wwwroot, client, deployment } = moodle;
  for (const act of ['moodle-add', 'moodle-forget']) {
    const fields = { form, act, wwwroot, client, deployment };
    assert.is((await teacher.post('/xs-backup/do', fields)).status, 403, act);
  }
  assert.is(server.library.moodle.bindings().length, 1);
  const done = await teacher.post('/xs-backup/do', { form, act: 'moodle-end', serial: SERIAL });
  assert.is(done.status, 303);
  assert.equal(server.library.moodle.bindings(), []);
});

test('ends with the laptop: out of use or forgotten, also when that is taken back', async () => {
  await bind('jocinta');
  const session = openBrowser(server.url);
  await launch(moodle, session, 'jocinta');
  await server.command('retire', [SERIAL]);
  assert.not(await opens(session, SERIAL));
  assert.is((await launch(moodle, openBrowser(server.url), 'jocinta')).location, ACCOUNT);
  await server.command('unretire', [SERIAL]);
  assert.is((await launch(moodle, openBrowser(server.url), 'jocinta')).location, ACCOUNT);
  await bind('ana', ANA);
  await server.command('forget', [ANA]);
  assert.equal(server.library.moodle.bindings(), []);
});

test('a Moodle that is added again, forgotten or installed anew inherits nothing', async () => {
  await bind('jocinta');
  const session = openBrowser(server.url);
  await launch(moodle, session, 'jocinta');
  // Installed anew: the same address, the same numbers, another key.
  const fresh = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const browser = openBrowser(server.url);
  const step = await begin(moodle, browser);
  const who = { sub: '4', name: 'Jocinta Quispe' };
  for (const header of [{}, { kid: 'fresh' }]) {
    const id_token = await moodle.sign(step.nonce, who, { key: fresh.privateKey, header });
    assert.is((await finish(browser, { state: step.state, id_token })).status, 403);
  }
  const begun = await begin(moodle, browser);
  await introduce(moodle, server);
  assert.not(await opens(session, SERIAL), 'its sessions end');
  const id_token = await moodle.sign(begun.nonce, who);
  assert.is((await finish(browser, { state: begun.state, id_token })).status, 403, 'begun before');
  assert.is((await launch(moodle, browser, 'jocinta')).location, ACCOUNT);
  await bind('jocinta');
  await server.command('moodle', ['forget', moodle.wwwroot]);
  assert.equal(server.library.moodle.bindings(), []);
});

test('no name, number, e-mail address or role makes anybody somebody', async () => {
  await bind('jocinta');
  const LTI = 'https://purl.imsglobal.org/spec/lti/claim/';
  const role = 'http://purl.imsglobal.org/vocab/lis/v2/';
  for (const claims of [
    { name: 'Jocinta Quispe', given_name: 'Jocinta' },
    { name: SERIAL, email: 'jocinta@school.example' },
    { [`${LTI}lis`]: { person_sourcedid: SERIAL }, [`${LTI}custom`]: { serial: SERIAL } },
    { [`${LTI}ext`]: { user_username: 'jocinta' }, user_id: '4', uid: '4' },
    {
      [`${LTI}roles`]: [`${role}institution/person#Administrator`, `${role}membership#Instructor`],
    },
    { name: 'Rosa', [`${LTI}roles`]: [`${role}system/person#SysAdmin`] },
    { [`${LTI}for_user`]: { user_id: '4' }, [`${LTI}role_scope_mentor`]: ['4'] },
  ]) {
    const browser = openBrowser(server.url);
    const { state, nonce } = await begin(moodle, browser, '6');
    const id_token = await moodle.sign(nonce, { sub: '6', name: 'Mallory' }, { claims });
    assert.is((await finish(browser, { state, id_token })).location, ACCOUNT);
    assert.not(await opens(browser, SERIAL));
    assert.is((await browser.get('/xs-backup')).status, 303);
  }
});

test('two names that have nothing in common are told so, and those of one child are not', async () => {
  for (const [name, isTold] of [
    ['Jocinta Quispe', false],
    ['QUISPE, JÓCINTA', false],
    ['Mallory', true],
    ['Jo', true],
    ['', true],
  ] as const) {
    const browser = openBrowser(server.url);
    const { state, nonce } = await begin(moodle, browser, '7');
    await finish(browser, { state, id_token: await moodle.sign(nonce, { sub: '7', name }) });
    await browser.get(server.links.make(SERIAL));
    const { body } = await browser.get(ACCOUNT);
    assert.is(/role="alert"/.test(body), isTold, name);
  }
});

test('signs on for a quarter of an hour without use: the computer may be of many', async () => {
  const own = await bind('jocinta');
  const brought = openBrowser(server.url);
  await launch(moodle, brought, 'jocinta');
  server.clock.pass(14 * 60_000);
  assert.ok(await opens(brought, SERIAL));
  server.clock.pass(16 * 60_000);
  assert.not(await opens(brought, SERIAL));
  assert.ok(await opens(own, SERIAL), 'her own laptop asks less often');
});

test('a name in another script or with tags is only a name', async () => {
  const browser = openBrowser(server.url);
  const { state, nonce } = await begin(moodle, browser, '9');
  const name = `<b>x</b>\u202e\u0000${'ن'.repeat(300)}`;
  const id_token = await moodle.sign(nonce, { sub: '9', name });
  await finish(browser, { state, id_token });
  const { body } = await browser.get(ACCOUNT);
  assert.match(body, /&lt;b>x&lt;\/b>/);
  assert.not.match(body, /<b>x|\u202e|\u0000|ن{101}/);
});

test('who is only asked for links a hundred times gets no hundred accounts', async () => {
  for (let n = 0; n < 10; n += 1) {
    const browser = await bind('jocinta');
    await browser.fill(homeOf(SERIAL), END, {});
  }
  const browser = openBrowser(server.url);
  await launch(moodle, browser, 'jocinta');
  await browser.get(server.links.make(SERIAL));
  assert.is((await browser.fill(ACCOUNT, ACCOUNT, {})).status, 403);
});

test.run();
