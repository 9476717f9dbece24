/**
 * What Moodle signs is believed once, by the browser that began, for what it says and nothing else; whatever is
 * not quite so is refused, signs nobody on and leaves nothing behind.
 */
import { createPublicKey, createSign, generateKeyPairSync, KeyObject } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SERIAL } from '../library.ts';
import { type Browser, openBrowser, type PagesServer, servePages } from '../pages/browser.ts';
import {
  begin,
  type Change,
  FROM_MOODLE,
  finish,
  introduce,
  launch,
  openMoodle,
  type SmallMoodle,
  type Step,
} from './small-moodle.ts';

const test = suite('a launch of Moodle');

const ON = '[moodle]\nenabled = true\n';
const HOME = `/ds-restore/${SERIAL}/`;
const ACCOUNT = '/ds-restore/moodle/account';
const LTI = 'https://purl.imsglobal.org/spec/lti/claim/';
const OTHER = generateKeyPairSync('rsa', { modulusLength: 2048 });
const SMALL = generateKeyPairSync('rsa', { modulusLength: 1024 });
const NOW = Math.floor(Date.now() / 1000);

let moodle: SmallMoodle;
let server: PagesServer;
test.before(async () => {
  moodle = await openMoodle();
  server = await servePages(ON);
  await introduce(moodle, server);
  // Every refusal is for what it is: Jocinta's account opens her Journal.
  await showLaptop(openBrowser(server.url));
});
test.after(async () => {
  await server?.[Symbol.asyncDispose]();
  await moodle?.[Symbol.asyncDispose]();
});

async function showLaptop(browser: Browser): Promise<void> {
  assert.is((await launch(moodle, browser, 'jocinta')).location, ACCOUNT);
  assert.is((await browser.get(server.links.make(SERIAL))).headers.location, ACCOUNT);
  const bound = await browser.fill(ACCOUNT, ACCOUNT, { answer: 'yes' });
  assert.equal([bound.status, bound.headers.location], [303, HOME]);
}

const jocinta = () => moodle.accounts.get('jocinta') ?? { sub: '', name: '' };

test('that is right signs her on, in whatever window, and again and again', async () => {
  for (let n = 0; n < 3; n += 1) {
    const browser = openBrowser(server.url);
    assert.equal((await launch(moodle, browser, 'jocinta')).location, HOME);
    assert.is((await browser.get(HOME)).status, 200);
    assert.is((await launch(moodle, browser, 'jocinta')).location, HOME, 'signed on already');
  }
});

/** What is changed of a launch that is right. */
const LIES: Readonly<Record<string, Change | ((step: Step) => Change)>> = {
  'another key under the known kid': { key: OTHER.privateKey },
  'a small key': { key: SMALL.privateKey, header: { alg: 'RS256' } },
  'another kid': { header: { kid: 'elsewhere' } },
  'no kid': { header: { kid: undefined } },
  'RS512 with the right key': { header: { alg: 'RS512' } },
  'PS256 with the right key': { header: { alg: 'PS256' } },
  'critical extensions': { header: { crit: ['later'], later: 1 } },
  'another nonce': { claims: { nonce: 'abcdefghijklmnopqrstuvwx' } },
  'no nonce': { claims: { nonce: undefined } },
  'another audience': { claims: { aud: 'somebody-else' } },
  'several audiences': ({ nonce }) => ({
    claims: { nonce, aud: ['aB3dE6gH9jK2mN5', 'somebody-else'], azp: 'aB3dE6gH9jK2mN5' },
  }),
  'no audience': { claims: { aud: undefined } },
  'another azp': { claims: { azp: 'somebody-else' } },
  'another issuer': { claims: { iss: 'http://127.0.0.1/moodle' } },
  'the issuer with a slash': () => ({ claims: { iss: `${moodle.wwwroot}/` } }),
  'no issuer': { claims: { iss: undefined } },
  'no exp': { claims: { exp: undefined } },
  'exp before iat': { claims: { iat: NOW, exp: NOW - 1 } },
  'exp a year after iat': { claims: { iat: NOW, exp: NOW + 365 * 86_400 } },
  'exp as text': { claims: { exp: String(NOW + 60) } },
  'no iat': { claims: { iat: undefined } },
  'iat before 1970': { claims: { iat: -1, exp: 60 } },
  'iat that is no whole number': { claims: { iat: 1.5 } },
  'nbf after iat': { claims: { nbf: NOW + 5000 } },
  'another deployment': { claims: { [`${LTI}deployment_id`]: '4' } },
  'no deployment': { claims: { [`${LTI}deployment_id`]: undefined } },
  'another version': { claims: { [`${LTI}version`]: '1.1' } },
  'no version': { claims: { [`${LTI}version`]: undefined } },
  'another kind of message': { claims: { [`${LTI}message_type`]: 'LtiDeepLinkingRequest' } },
  'no sub': { claims: { sub: undefined } },
  'an empty sub': { claims: { sub: '' } },
  'a sub that is a number': { claims: { sub: 4 } },
  'a sub that is a list': { claims: { sub: ['4'] } },
  'a sub with blanks': { claims: { sub: '4 ' } },
  'a long sub': { claims: { sub: '4'.repeat(256) } },
};

test('in which anything is not quite so is refused, and signs nobody on', async () => {
  const tried = Object.entries(LIES).map(async ([name, lie]) => {
    const browser = openBrowser(server.url);
    const step = await begin(moodle, browser);
    const token = await signLie(step.nonce, typeof lie === 'function' ? lie(step) : lie);
    await refused(name, browser, { state: step.state, id_token: token });
    // The lie has used up nothing: the same launch, told truly, is still good.
    const id_token = await moodle.sign(step.nonce, jocinta());
    assert.is((await finish(browser, { state: step.state, id_token })).location, HOME, name);
  });
  await Promise.all(tried);
  assert.ok(tried.length >= 35);
});

/** jose itself refuses to sign some of them, so those are put together by hand. */
async function signLie(nonce: string, change: Change): Promise<string> {
  try {
    return await moodle.sign(nonce, jocinta(), change);
  } catch {
    const [, payload] = (await moodle.sign(nonce, jocinta())).split('.');
    const header = { typ: 'JWT', alg: 'RS256', kid: moodle.kid, ...change.header };
    const text = `${part(header)}.${payload}`;
    const key = change.key instanceof KeyObject ? change.key : moodle.privateKey;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`;
  }
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function refused(
  name: string,
  browser: Browser,
  fields: Record<string, string>,
): Promise<void> {
  const { status, location, body } = await finish(browser, fields);
  assert.equal([name, status, location], [name, 403, '']);
  assert.not(browser.cookies.has('ds-session'), name);
  assert.match(body, /<h1>/, 'a page, with the way back');
}

/** Put together from parts, without Moodle. */
const FORGED: Readonly<Record<string, (step: Step) => Promise<Record<string, string>>>> = {
  'signed by nobody (none)': async ({ state, nonce }) => {
    const [, payload] = (await moodle.sign(nonce, jocinta())).split('.');
    return { state, id_token: `${part({ alg: 'none', kid: moodle.kid })}.${payload}.` };
  },
  'signed with the public key as a password (HS256)': async ({ state, nonce }) => {
    const pem = createPublicKey(moodle.privateKey).export({ type: 'spki', format: 'pem' });
    const header = { alg: 'HS256', kid: moodle.kid };
    const id_token = await moodle.sign(nonce, jocinta(), { header, key: Buffer.from(pem) });
    return { state, id_token };
  },
  'with its own key in its header': async ({ state, nonce }) => {
    const jwk = { ...OTHER.publicKey.export({ format: 'jwk' }), kid: moodle.kid };
    return {
      state,
      id_token: await moodle.sign(nonce, jocinta(), { header: { jwk }, key: OTHER.privateKey }),
    };
  },
  'with another content under a right signature': async ({ state, nonce }) => {
    const [header, payload = '', signature] = (await moodle.sign(nonce, jocinta())).split('.');
    const content = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: '6' };
    return { state, id_token: `${header}.${part(content)}.${signature}` };
  },
  'without a token': async ({ state }) => ({ state }),
  'with an empty token': async ({ state }) => ({ state, id_token: '' }),
  'with a token of two parts': async ({ state }) => ({ state, id_token: 'e30.e30' }),
  'with a token that is too long': async ({ state, nonce }) => {
    const claims = { custom: 'x'.repeat(9000) };
    return { state, id_token: await moodle.sign(nonce, jocinta(), { claims }) };
  },
  'without a state': async ({ nonce }) => ({ id_token: await moodle.sign(nonce, jocinta()) }),
  'with a state that was changed': async ({ state, nonce }) => {
    const [text = '', mac] = state.split('.');
    const content = JSON.parse(Buffer.from(text, 'base64url').toString());
    const id_token = await moodle.sign(nonce, jocinta());
    return { state: `${part({ ...content, at: content.at + 1 })}.${mac}`, id_token };
  },
  'with a state of nobody': async ({ nonce }) => {
    return { state: `${part({ nonce })}.AAAA`, id_token: await moodle.sign(nonce, jocinta()) };
  },
  'with the state of another launch': async ({ nonce }) => {
    const { state } = await begin(moodle, openBrowser(server.url));
    return { state, id_token: await moodle.sign(nonce, jocinta()) };
  },
  'that Moodle refused': async ({ state, nonce }) => {
    return { state, id_token: await moodle.sign(nonce, jocinta()), error: 'access_denied' };
  },
};

test('that is put together without Moodle is refused', async () => {
  const tried = Object.entries(FORGED).map(async ([name, forge]) => {
    const browser = openBrowser(server.url);
    await refused(name, browser, await forge(await begin(moodle, browser)));
  });
  await Promise.all(tried);
});

test('is used up by its first use, of two at once by one of them', async () => {
  const browser = openBrowser(server.url);
  const { state, nonce } = await begin(moodle, browser);
  const fields = { state, id_token: await moodle.sign(nonce, jocinta()) };
  const both = await Promise.all([finish(browser, fields), finish(browser, fields)]);
  assert.equal(both.map(({ status }) => status).sort(), [303, 403]);
  await refused('again', openBrowser(server.url), fields);
});

test('is good in the browser that began it only, and its last page once', async () => {
  const [browser, other, marked] = [1, 2, 3].map(() => openBrowser(server.url)) as [
    Browser,
    Browser,
    Browser,
  ];
  const { state, nonce } = await begin(moodle, browser);
  await begin(moodle, marked);
  for (const stranger of [other, marked]) {
    const step = await begin(moodle, browser);
    const id_token = await moodle.sign(step.nonce, jocinta());
    await refused('elsewhere', stranger, { state: step.state, id_token });
  }
  const fields = { state, id_token: await moodle.sign(nonce, jocinta()) };
  const sent = await openBrowser(server.url).post('/ds-restore/moodle/launch', fields, FROM_MOODLE);
  const arrived = String(sent.headers.location);
  assert.match(arrived, /^\/ds-restore\/moodle\/arrived\?t=[\w-]{43}$/);
  const head = await fetch(server.url + arrived, { method: 'HEAD' });
  assert.is(head.status, 404, 'looking uses up nothing');
  assert.is((await browser.get(arrived)).headers.location, HOME);
  assert.is((await browser.get(arrived)).status, 403);
});

test('is good for some minutes by our own clock, however wrong those of Moodle are', async () => {
  for (const [shift, passed, isGood] of [
    [0, 200_000, true],
    [-20 * 365 * 86_400, 0, true],
    [30 * 365 * 86_400, 0, true],
    [0, 310_000, false],
    // What it says of itself is not asked to make it younger.
    [10_000, 310_000, false],
    [0, 700_000, false],
  ] as const) {
    const browser = openBrowser(server.url);
    const { state, nonce } = await begin(moodle, browser);
    server.clock.pass(passed);
    const claims = { iat: NOW + shift, exp: NOW + shift + 60 };
    const fields = { state, id_token: await moodle.sign(nonce, jocinta(), { claims }) };
    const { location } = await finish(browser, fields);
    assert.is(location, isGood ? HOME : '', `${shift} s, after ${passed} ms`);
  }
});

test('a state from before a restart is worth nothing, nor a token with it', async () => {
  const browser = openBrowser(server.url);
  const { state, nonce } = await begin(moodle, browser);
  await using again = await servePages(ON);
  await introduce(moodle, again);
  const cookie = browser.cookies.get('ds-moodle') ?? '';
  const same = openBrowser(again.url);
  same.cookies.set('ds-moodle', cookie);
  await refused('restarted', same, { state, id_token: await moodle.sign(nonce, jocinta()) });
  await introduce(moodle, server);
  await showLaptop(openBrowser(server.url));
});

test('leads to pages of ours only, whatever it says of its target', async () => {
  const browser = openBrowser(server.url);
  const { state, nonce } = await begin(moodle, browser);
  const claims = {
    [`${LTI}target_link_uri`]: 'http://evil.example/',
    [`${LTI}launch_presentation`]: { return_url: 'http://evil.example/' },
  };
  const id_token = await moodle.sign(nonce, jocinta(), { claims });
  assert.is((await finish(browser, { state, id_token })).location, HOME);
  const login = { iss: moodle.wwwroot, client_id: moodle.client, login_hint: '4' };
  const more = { target_link_uri: 'http://evil.example/', redirect_uri: 'http://evil.example/' };
  const { headers } = await browser.post('/ds-restore/moodle/login', { ...login, ...more });
  const asked = await browser.get(String(headers.location));
  const to = new URL(String(asked.headers.location));
  assert.is(to.origin, new URL(moodle.wwwroot).origin);
  assert.is(to.searchParams.get('redirect_uri'), moodle.tool.launch);
});

test('a first step of a Moodle that was not added, or incomplete, leads nowhere', async () => {
  const browser = openBrowser(server.url);
  const right = { iss: moodle.wwwroot, client_id: moodle.client, login_hint: '4' };
  for (const wrong of [
    { iss: 'http://evil.example' },
    { iss: `${moodle.wwwroot}/` },
    { client_id: 'x' },
    { login_hint: 'x'.repeat(501) },
    { lti_message_hint: 'x'.repeat(2001) },
    { step: 'last' },
  ]) {
    const fields: Record<string, string> = { ...right, ...wrong };
    const query = new URLSearchParams(fields);
    for (const { status, headers, body } of [
      await browser.post('/ds-restore/moodle/login', fields, FROM_MOODLE),
      await browser.get(`/ds-restore/moodle/login?${query}`),
    ]) {
      assert.equal([status, headers.location], [403, undefined], JSON.stringify(wrong));
      assert.not.match(body, /evil\.example"/);
    }
  }
  assert.is((await browser.get('/ds-restore/moodle/login?iss=a&iss=b')).status, 403);
});

test('in a frame shows one page with the way out, which no other site may frame', async () => {
  const framed = { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' };
  const fields = { iss: moodle.wwwroot, client_id: moodle.client, login_hint: '4' };
  const stranger = openBrowser(server.url);
  const { headers } = await stranger.post('/ds-restore/moodle/login', fields, framed);
  const page = await stranger.get(String(headers.location), framed);
  assert.is(page.status, 200);
  const origin = new URL(moodle.wwwroot).origin;
  assert.match(String(page.headers['content-security-policy']), `frame-ancestors ${origin}`);
  assert.is(page.headers['x-frame-options'], undefined);
  const [, out = ''] = /<a class="button" href="([^"]+)" target="_top"/.exec(page.body) ?? [];
  // The same where the browser says nothing, for in the frame of another site it keeps no cookie.
  const silent = await stranger.get(String(headers.location));
  stranger.cookies.clear();
  const looked = await stranger.get(String(silent.headers.location));
  assert.match(looked.body, /target="_top"/);
  assert.not.match(looked.body, /<form/, 'nothing else to press');
  const browser = openBrowser(server.url);
  const asked = await browser.get(out.replaceAll('&amp;', '&'));
  assert.match(String(asked.headers.location), /auth\.php\?scope=openid/);
});

test('that Moodle shows in a frame of the same site leads out of it as well', async () => {
  const browser = openBrowser(server.url);
  moodle.target = 'iframe';
  const { state, nonce } = await begin(moodle, browser);
  const fields = { state, id_token: await moodle.sign(nonce, jocinta()) };
  moodle.target = 'frame';
  const { status, body } = await finish(browser, fields);
  assert.is(status, 200);
  const [, out = ''] = /href="([^"]+)" target="_top"/.exec(body) ?? [];
  assert.is((await browser.get(out)).headers.location, HOME);
});

test('is for nobody while the settings have it off, and all other pages may not be framed', async () => {
  await using off = await servePages();
  const browser = openBrowser(off.url);
  for (const path of ['login', 'launch', 'arrived', 'account']) {
    assert.is((await browser.get(`/ds-restore/moodle/${path}`)).status, 404, path);
  }
  const { status } = await browser.post('/ds-restore/moodle/launch', {}, FROM_MOODLE);
  assert.is(status, 404);
  const page = await openBrowser(server.url).get('/ds-restore/moodle/arrived?t=x');
  assert.match(String(page.headers['content-security-policy']), /frame-ancestors 'none'/);
});

test.run();
