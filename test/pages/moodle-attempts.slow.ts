// weight: 15
/**
 * A pupil with an account of the school's Moodle, a laptop and a link of her own tries to reach another child's
 * Journal by Moodle, more than a hundred times and each time in another way.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MOODLE_LAUNCH, MOODLE_LOGIN } from '../../xs/moodle/tool-fields.ts';
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
} from '../xs/moodle/small-moodle.ts';
import { type Browser, openBrowser } from '../xs/pages/browser.ts';
import { ATTACKER, type Hostile, MARK, OLD, openHostile, VICTIM } from './victim.ts';

const test = suite("nobody reaches another child's Journal by Moodle");

const ACCOUNT = '/ds-restore/moodle/account';
const ARRIVED = '/ds-restore/moodle/arrived';
const END = '/ds-restore/moodle/end';
const LTI = 'https://purl.imsglobal.org/spec/lti/claim/';
const MALLORY = { sub: '6', name: 'Mallory' };
const VICTIMS = { sub: '4', name: 'Jocinta Quispe' };
const OTHER = generateKeyPairSync('rsa', { modulusLength: 2048 });

let moodle: SmallMoodle;
/** Another one that the admin has added, and that Mallory looks after. */
let hers: SmallMoodle;
let school: Hostile;
let account = '';

test.before(async () => {
  moodle = await openMoodle();
  hers = await openMoodle({ keys: OTHER });
  school = await openHostile('[moodle]\nenabled = true\n');
  await introduce(hers, school);
  await introduce(moodle, school);
  const victim = openBrowser(school.url);
  await launch(moodle, victim, 'jocinta');
  await victim.get(school.links.make(VICTIM));
  await victim.fill(ACCOUNT, ACCOUNT, { answer: 'yes' });
  account = school.library.moodle.bindings(VICTIM)[0]?.id ?? '';
  assert.ok(account);
});
test.after(async () => {
  await school?.[Symbol.asyncDispose]();
  await hers?.[Symbol.asyncDispose]();
  await moodle?.[Symbol.asyncDispose]();
});

/** What she tries with a browser of hers; she looks afterwards. */
type Attempt = (browser: Browser) => Promise<unknown>;

/** A launch of her own, of which Moodle says more. */
const says =
  (claims: Record<string, unknown>): Attempt =>
  async (browser) => {
    const { state, nonce } = await begin(moodle, browser, '6');
    const id_token = await moodle.sign(nonce, MALLORY, { claims });
    await finish(browser, { state, id_token });
  };

/** A launch as the victim, signed as she can. */
const signs =
  (change: Change): Attempt =>
  async (browser) => {
    const { state, nonce } = await begin(moodle, browser);
    const id_token = await hers.sign(nonce, VICTIMS, {
      header: { kid: moodle.kid, ...change.header },
      key: change.key ?? OTHER.privateKey,
      claims: { iss: moodle.wwwroot, aud: moodle.client, ...change.claims },
    });
    await finish(browser, { state, id_token });
  };

const role = (name: string) => `http://purl.imsglobal.org/vocab/lis/v2/${name}`;

function byClaims(): Attempt[] {
  const names = [
    'Jocinta Quispe',
    'Jocinta',
    VICTIM,
    OLD,
    'jocinta',
    '4',
    '',
    'Rosa',
    '\u202eatnicoJ',
  ];
  const subs = ['04', '4.0', '+4', '4\u200b', '４', '٤', '0x4', '4,6', '4\n', ' 4', '4%00', '-4'];
  const odd = [4, ['4'], { sub: '4' }, true, null, ['6', '4']];
  const roles = ['institution/person#Administrator', 'membership#Mentor', 'system/person#SysAdmin'];
  return [
    ...names.map((name) => says({ name, given_name: name, preferred_username: name })),
    ...names.map((name) => says({ [`${LTI}ext`]: { user_username: name } })),
    ...[VICTIM, '4', account].map((id) => says({ [`${LTI}lis`]: { person_sourcedid: id } })),
    ...[VICTIM, '4'].map((id) => says({ [`${LTI}custom`]: { serial: id, sub: id, user: id } })),
    ...[...subs, ...odd].map((sub) => says({ sub })),
    ...roles.map((one) =>
      says({ [`${LTI}roles`]: [role(one)], [`${LTI}role_scope_mentor`]: ['4'] }),
    ),
    says({ [`${LTI}for_user`]: { user_id: '4' }, user_id: '4', uid: '4' }),
    says({ email: 'jocinta@school.example', email_verified: true }),
    says({ [`${LTI}target_link_uri`]: `${school.url}/ds-restore/${VICTIM}/` }),
    says({ [`${LTI}launch_presentation`]: { return_url: `/ds-restore/${VICTIM}/` } }),
    says({ serial: VICTIM, visitor: { role: 'child', serial: VICTIM }, role: 'teacher' }),
  ];
}

function bySignature(): Attempt[] {
  const secret = Buffer.from(moodle.client.padEnd(32, 'x'));
  const jwk = { ...OTHER.publicKey.export({ format: 'jwk' }), kid: moodle.kid };
  return [
    signs({}),
    ...[hers.kid, '', '../keys', 'null', `${moodle.kid} `, moodle.kid.toUpperCase()].map((kid) =>
      signs({ header: { kid } }),
    ),
    signs({ header: { alg: 'HS256' }, key: secret }),
    signs({ header: { jwk } }),
    signs({ header: { jku: `${hers.wwwroot}/mod/lti/certs.php`, kid: hers.kid } }),
    signs({ header: { x5u: hers.wwwroot, x5c: ['AAAA'] } }),
    ...['RS384', 'RS512', 'PS256'].map((alg) => signs({ header: { alg } })),
    // Her own Moodle is known here: it speaks for its own accounts only.
    signs({ header: { kid: hers.kid }, claims: { iss: hers.wwwroot, aud: hers.client } }),
    ...['none', 'None', 'NONE'].map(
      (alg): Attempt =>
        async (browser) => {
          const { state, nonce } = await begin(moodle, browser);
          const [, payload] = (await moodle.sign(nonce, VICTIMS)).split('.');
          const header = Buffer.from(JSON.stringify({ alg, kid: moodle.kid })).toString(
            'base64url',
          );
          await finish(browser, { state, id_token: `${header}.${payload}.` });
        },
    ),
    async (browser) => {
      const { state, nonce } = await begin(hers, browser);
      await finish(browser, { state, id_token: await hers.sign(nonce, VICTIMS) });
    },
    async (browser) => {
      const { state, nonce } = await begin(hers, browser);
      const claims = { iss: moodle.wwwroot, aud: moodle.client };
      await finish(browser, { state, id_token: await hers.sign(nonce, VICTIMS, { claims }) });
    },
  ];
}

/** The victim's own launch, as far as somebody else can have got hold of it. */
interface Overheard extends Step {
  id_token: string;
  cookie: string;
  arrived: string;
}

async function overhear(isUsed: boolean): Promise<Overheard> {
  const victim = openBrowser(school.url);
  const { state, nonce } = await begin(moodle, victim);
  const id_token = await moodle.sign(nonce, VICTIMS);
  const stranger = openBrowser(school.url);
  const { headers } = await stranger.post(MOODLE_LAUNCH, { state, id_token }, FROM_MOODLE);
  const arrived = String(headers.location);
  if (isUsed) await victim.get(arrived);
  return { state, nonce, id_token, arrived, cookie: victim.cookies.get('ds-moodle') ?? '' };
}

function byReplay(): Attempt[] {
  const ways: ((browser: Browser, heard: Overheard) => Promise<unknown>)[] = [
    (browser, { state, id_token }) => finish(browser, { state, id_token }),
    async (browser, { id_token }) => {
      const { state } = await begin(moodle, browser);
      await finish(browser, { state, id_token });
    },
    async (browser, { state }) => {
      const { nonce } = await begin(moodle, browser);
      await finish(browser, { state, id_token: await moodle.sign(nonce, MALLORY) });
    },
    (browser, { arrived }) => browser.get(arrived),
    async (browser, { arrived }) => {
      await begin(moodle, browser);
      await browser.get(arrived);
    },
    (browser, { arrived }) => browser.get(arrived, { cookie: 'ds-moodle=x' }),
    (browser, { arrived }) => browser.get(`${arrived}&t=x`),
    (browser, { arrived }) => browser.get(arrived.replace('t=', 't=%00')),
    (browser, { arrived }) => browser.get(arrived, { 'x-http-method-override': 'POST' }),
    async (browser, { cookie }) => {
      // The cookie itself, without a launch of the victim's that waits.
      browser.cookies.set('ds-moodle', cookie);
      await browser.get(ACCOUNT);
      await browser.post(ACCOUNT, { pending: 'x', answer: 'yes', form: 'x' });
    },
  ];
  return ways.flatMap((way): Attempt[] => [
    async (browser) => way(browser, await overhear(true)),
    async (browser) => way(browser, await overhear(false)),
    async (browser) => {
      const heard = await overhear(true);
      await browser.get(school.links.make(ATTACKER));
      await way(browser, heard);
    },
  ]);
}

function byForm(): Attempt[] {
  const formOf = async (browser: Browser) => {
    const { body } = await browser.get(`/ds-restore/${ATTACKER}/`);
    return /name="form" value="([^"]+)"/.exec(body)?.[1] ?? '';
  };
  const asHerself =
    (send: (browser: Browser, form: string) => Promise<unknown>): Attempt =>
    async (browser) => {
      await browser.get(school.links.make(ATTACKER));
      await send(browser, await formOf(browser));
    };
  const guesses = ['', 'x', account, VICTIM, randomBytes(16).toString('base64url'), '[]'];
  return [
    ...guesses.map((pending) =>
      asHerself((browser, form) => browser.post(ACCOUNT, { form, pending, answer: 'yes' })),
    ),
    ...guesses.map((one) =>
      asHerself((browser, form) => browser.post(END, { form, account: one })),
    ),
    // Her launch, her link: she binds her account to her own Journal, and says another.
    async (browser) => {
      await launch(hers, browser, 'mallory');
      await browser.get(school.links.make(ATTACKER));
      await browser.fill(ACCOUNT, ACCOUNT, { answer: 'yes', serial: VICTIM, shownBy: VICTIM });
    },
  ];
}

function byPath(): Attempt[] {
  const right = { iss: moodle.wwwroot, client_id: moodle.client, login_hint: '4' };
  const odd: Record<string, string>[] = [
    { iss: hers.wwwroot },
    { client_id: hers.client, login_hint: VICTIM },
    { step: 'out' },
    { state: 'x', nonce: 'x' },
    { redirect_uri: `${school.url}/ds-restore/${VICTIM}/` },
  ];
  return [
    ...odd.map(
      (more): Attempt =>
        async (browser) => {
          await browser.post(MOODLE_LOGIN, { ...right, ...more }, FROM_MOODLE);
          await browser.get(`${MOODLE_LOGIN}?${new URLSearchParams({ ...right, ...more })}`);
        },
    ),
    ...['', '?t=', '?t[]=x', `?t=${account}`, `?t=${VICTIM}`, `?t=${'A'.repeat(43)}`].map(
      (query): Attempt =>
        (browser) =>
          browser.get(ARRIVED + query),
    ),
    ...[account, '', 'x'].map(
      (value): Attempt =>
        async (browser) => {
          browser.cookies.set('ds-session', value);
          browser.cookies.set('ds-moodle', value);
          await browser.get(ACCOUNT);
        },
    ),
  ];
}

test('more than 100 attempts, each in another way, show nothing of hers and change nothing', async () => {
  const attempts = [...byClaims(), ...bySignature(), ...byReplay(), ...byForm(), ...byPath()];
  const wrong: string[] = [];
  for (const [n, attempt] of attempts.entries()) {
    const browser = openBrowser(school.url);
    await attempt(browser);
    for (const path of treasures()) {
      const { status, raw, headers } = await browser.get(path);
      const told = raw.includes(MARK) || JSON.stringify(headers).includes(MARK);
      if (status === 200 || told) wrong.push(`${n}: ${path}: ${status}`);
    }
    if (browser.cookies.has('ds-session') && n < attempts.length - 3) {
      const { headers } = await browser.get('/ds-restore/');
      if (String(headers.location).includes(VICTIM)) wrong.push(`${n}: signed on as the victim`);
    }
  }
  process.stdout.write(`${attempts.length - wrong.length} of ${attempts.length} refused\n`);
  assert.equal(wrong, []);
  assert.ok(attempts.length >= 100, String(attempts.length));
  const [binding, ...more] = school.library.moodle.bindings(VICTIM);
  assert.equal([binding?.id, binding?.sub, more], [account, '4', []]);
  const victim = openBrowser(school.url);
  const { location } = await launch(moodle, victim, 'jocinta');
  assert.is(location, `/ds-restore/${VICTIM}/`, 'she is signed on as ever');
  assert.ok((await victim.get(`/ds-restore/${VICTIM}/all/`)).raw.includes(MARK));
});

function treasures(): string[] {
  const { day, uid } = school;
  const home = `/ds-restore/${VICTIM}/`;
  return [home, `${home}all/`, `${home}${VICTIM}/${day}/${uid}/file`, `${home}${OLD}/${day}/`];
}

test.run();
