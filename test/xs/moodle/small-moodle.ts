/**
 * A small Moodle of our own: the four pages of it that take part in a launch, with real keys, forms that a
 * script sends and a session of its own; and the means to lie about each part of what it signs.
 */
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { MOODLE_LAUNCH, MOODLE_LOGIN } from '../../../xs/moodle/tool-fields.ts';
import { type Browser, openBrowser } from '../pages/browser.ts';

const LTI = 'https://purl.imsglobal.org/spec/lti/claim/';

interface Account {
  sub: string;
  name: string;
}

export interface SmallMoodle extends AsyncDisposable {
  wwwroot: string;
  client: string;
  deployment: string;
  privateKey: KeyObject;
  kid: string;
  /** By the value of its session cookie. */
  accounts: Map<string, Account>;
  /** As its page of the activity says it: `iframe`, `window`, `frame`. */
  target: string;
  /** Where the tool is; the fields of the form "External tool configuration". */
  tool: { login: string; launch: string };
  /** What it is asked for, in order. */
  asked: string[];
  /** A launch's token as Moodle signs it; `change` lies about it. */
  sign(nonce: string, account: Account, change?: Change): Promise<string>;
}

export interface Change {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  key?: KeyObject | Uint8Array;
}

/** RSA keys take a while to make: one for all Moodles that do not need their own. */
const OWN = generateKeyPairSync('rsa', { modulusLength: 2048 });

export async function openMoodle(
  options: { keys?: typeof OWN; host?: string } = {},
): Promise<SmallMoodle> {
  const { publicKey, privateKey } = options.keys ?? OWN;
  const kid = randomBytes(10).toString('hex');
  const server = createServer((request, response) => {
    void answer(moodle, publicKey, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const moodle: SmallMoodle = {
    wwwroot: `http://${options.host ?? '127.0.0.1'}:${port}/moodle`,
    ...{ client: 'aB3dE6gH9jK2mN5', deployment: '3', privateKey, kid },
    accounts: new Map([
      ['jocinta', { sub: '4', name: 'Jocinta Quispe' }],
      ['ana', { sub: '5', name: 'Ana Mamani' }],
      ['mallory', { sub: '6', name: 'Mallory' }],
    ]),
    ...{ target: 'frame', tool: { login: '', launch: '' }, asked: [] },
    sign: (nonce, account, change = {}) => sign(moodle, nonce, account, change),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return moodle;
}

async function sign(
  moodle: SmallMoodle,
  nonce: string,
  account: Account,
  { claims = {}, header = {}, key }: Change,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const content: Record<string, unknown> = {
    ...{ nonce, iat: now, exp: now + 60, iss: moodle.wwwroot, aud: moodle.client },
    ...{ sub: account.sub, name: account.name, given_name: account.name, family_name: 'x' },
    [`${LTI}deployment_id`]: moodle.deployment,
    [`${LTI}target_link_uri`]: moodle.tool.launch,
    [`${LTI}message_type`]: 'LtiResourceLinkRequest',
    [`${LTI}version`]: '1.3.0',
    [`${LTI}roles`]: ['http://purl.imsglobal.org/vocab/lis/v2/membership#Learner'],
    [`${LTI}resource_link`]: { title: 'Backup', id: '1' },
    [`${LTI}launch_presentation`]: { locale: 'en', document_target: moodle.target },
    [`${LTI}ext`]: { user_username: account.name.toLowerCase(), lms: 'moodle-2' },
    ...claims,
  };
  for (const [name, value] of Object.entries(content))
    if (value === undefined) delete content[name];
  const token = new SignJWT(content);
  token.setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid: moodle.kid, ...header });
  return token.sign(key ?? moodle.privateKey);
}

async function answer(
  moodle: SmallMoodle,
  publicKey: KeyObject,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', moodle.wwwroot);
  const page = url.pathname.replace('/moodle/', '');
  moodle.asked.push(page);
  const [, session = ''] = /MoodleSession=(\w+)/.exec(request.headers.cookie ?? '') ?? [];
  const account = moodle.accounts.get(session);
  const html = (body: string, headers: Record<string, string> = {}) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers });
    response.end(`<!DOCTYPE html><html><body>${body}</body></html>`);
  };
  if (page === 'mod/lti/certs.php') {
    const { n, e } = publicKey.export({ format: 'jwk' });
    // With the padding that Moodle's own base64 has.
    const keys = [{ kty: 'RSA', alg: 'RS256', kid: moodle.kid, e, n: `${n}==`, use: 'sig' }];
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
  } else if (page === 'login/index.php') {
    const who = url.searchParams.get('as') ?? '';
    html('signed in', { 'set-cookie': `MoodleSession=${who}; path=/moodle/` });
  } else if (page === 'mod/lti/view.php') {
    html('<h1>Backup</h1><iframe src="launch.php" width="900" height="600"></iframe>');
  } else if (page === 'mod/lti/launch.php' && account) {
    const fields = {
      ...{ iss: moodle.wwwroot, target_link_uri: moodle.tool.launch, login_hint: account.sub },
      ...{ lti_message_hint: '{"cmid":7,"launchid":"ltilaunch7_1"}' },
      ...{ client_id: moodle.client, lti_deployment_id: moodle.deployment },
    };
    html(form(moodle.tool.login, fields));
  } else if (page === 'mod/lti/auth.php') {
    const { redirect_uri = '', state = '', ...rest } = Object.fromEntries(url.searchParams);
    if (redirect_uri !== moodle.tool.launch) html('invalidrequest');
    else if (!account || rest.login_hint !== account.sub) {
      html(form(redirect_uri, { error: 'access_denied', state }));
    } else {
      const id_token = await moodle.sign(rest.nonce ?? '', account);
      html(form(redirect_uri, { id_token, state }));
    }
  } else response.writeHead(page === '/favicon.ico' ? 204 : 404).end();
}

function form(action: string, fields: Record<string, string>): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value='${value}'>`,
  );
  return `<form method="post" action="${action}">${inputs.join('')}</form><script>document.forms[0].submit()</script>`;
}

/** A tool, as its admin sees it. */
interface Tool {
  url: string;
  command(command: string, args: readonly string[]): Promise<string>;
}

/** Each knows the other, as `moodle add` and Moodle's form do it. */
export async function introduce(moodle: SmallMoodle, tool: Tool, url = tool.url): Promise<void> {
  moodle.tool = { login: url + MOODLE_LOGIN, launch: url + MOODLE_LAUNCH };
  await tool.command('moodle', ['add', moodle.wwwroot, moodle.client, moodle.deployment]);
}

export interface Step {
  state: string;
  nonce: string;
}

/** Until Moodle is asked, in this browser. */
export async function begin(moodle: SmallMoodle, browser: Browser, sub = '4'): Promise<Step> {
  const fields = {
    ...{ iss: moodle.wwwroot, target_link_uri: moodle.tool.launch, login_hint: sub },
    ...{ lti_message_hint: '{}', client_id: moodle.client, lti_deployment_id: moodle.deployment },
  };
  // Cookies of ours do not come with a form of another site.
  const stranger = openBrowser(browser.url);
  let { status, headers } = await stranger.post(MOODLE_LOGIN, fields, FROM_MOODLE);
  for (let n = 0; n < 3 && String(headers.location).startsWith('/'); n += 1) {
    ({ status, headers } = await browser.get(String(headers.location)));
  }
  if (status !== 303) throw new Error(`the first step was answered ${status}`);
  const asked = new URL(String(headers.location));
  return {
    state: asked.searchParams.get('state') ?? '',
    nonce: asked.searchParams.get('nonce') ?? '',
  };
}

/** As a browser says it that may say it. */
export const FROM_MOODLE = { origin: 'http://moodle.example', 'sec-fetch-site': 'cross-site' };

/** A whole launch: where the browser ends, following only what leads on within a launch. */
export async function launch(
  moodle: SmallMoodle,
  browser: Browser,
  account: string,
): Promise<{ status: number; location: string; body: string }> {
  const who = moodle.accounts.get(account);
  if (!who) throw new Error(`nobody is called ${account}`);
  const { state, nonce } = await begin(moodle, browser, who.sub);
  return finish(browser, { state, id_token: await moodle.sign(nonce, who) });
}

/** From what Moodle signed to where it leads. */
export async function finish(
  browser: Browser,
  fields: Record<string, string>,
): Promise<{ status: number; location: string; body: string }> {
  const stranger = openBrowser(browser.url);
  const { body, status, headers } = await stranger.post(MOODLE_LAUNCH, fields, FROM_MOODLE);
  const location = String(headers.location ?? '');
  if (!location.startsWith('/ds-restore/moodle/arrived')) return { status, location, body };
  const arrived = await browser.get(location);
  return {
    ...{ status: arrived.status, body: arrived.body },
    location: String(arrived.headers.location ?? ''),
  };
}
