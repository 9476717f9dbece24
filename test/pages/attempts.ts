/**
 * What an attacker tries, as bytes: on the pages, with cookies, paths, forms, names of hosts and sizes.
 */
import { createHash, randomBytes } from 'node:crypto';
import { uidOf } from '../xs/library.ts';
import { dsaKey } from '../xs/whole.ts';
import { ATTACKER, type Hostile, OLD, PASSWORD, VICTIM } from './victim.ts';
import { formatRequest, type RawRequest } from './wire.ts';

/** Answered, and with her own things only. */
export const OWN_PAGE = 'another child, own page';

export interface Attempt {
  group: string;
  bytes: string;
  /** Where it goes: the plain HTTP side, or a channel that the attacker's own key has opened. */
  to: 'pages' | 'api';
}

const page = (group: string, request: RawRequest): Attempt => ({
  ...{ group, bytes: formatRequest(request), to: 'pages' },
});
const cookie = (value: string) => `Cookie: ds-session=${value}`;
const FORM = 'Content-Type: application/x-www-form-urlencoded';

/** The victim's pages and files. */
function treasures({ day, uid }: Hostile): string[] {
  const home = `/ds-restore/${VICTIM}/`;
  const entry = `${home}${VICTIM}/${day}/${uid}/`;
  return [
    ...[home, `${home}all/`, `${home}all/?q=title`, `${home}${VICTIM}/${day}/`],
    ...[`${home}${VICTIM}/${day}/?page=1`, `${home}${OLD}/${day}/`, entry],
    ...['picture', 'file', 'bundle'].map((what) => entry + what),
  ];
}

const ADMIN = [
  ...['', '/', '/laptops', `/laptops/${VICTIM}`, '/status', '/pending', '/diag', '/teachers'],
  ...['/export', '/../xs-backup', '/%2e%2e/xs-backup', '/command', '/v1/command', '/restore'],
].map((rest) => `/xs-backup${rest}`);

/** Everything without being somebody, or with a cookie that is worth nothing. */
export function asNobody(school: Hostile, worthless: Record<string, string>): Attempt[] {
  const good = school.victim.cookies.get('ds-session') ?? '';
  const forged: Record<string, string[]> = {
    none: [],
    random: [cookie(randomBytes(32).toString('base64url'))],
    hash: [cookie(createHash('sha256').update(good).digest('base64url'))],
    'one letter': [cookie((good.startsWith('A') ? 'B' : 'A') + good.slice(1))],
    'other case': [cookie(good.replace(/[a-z]/gi, (one) => swapCase(one)))],
    short: [cookie(good.slice(0, -1))],
    long: [cookie(`${good}A`)],
    serial: [cookie(VICTIM)],
    json: [cookie('{"role":"child","serial":"CSN74803BB1"}')],
    'other name': [`Cookie: session=${good}; DS-SESSION=${good}; __Host-ds-session=${good}`],
    header: [`Authorization: Bearer ${good}`, `X-Session: ${good}`],
    ...Object.fromEntries(
      Object.entries(worthless).map(([name, value]) => [name, [cookie(value)]]),
    ),
  };
  return Object.entries(forged).flatMap(([name, headers]) =>
    [...treasures(school), ...ADMIN.slice(0, 4)].map((path) =>
      page(`nobody, ${name}`, { path, headers }),
    ),
  );
}

/** Another child, signed on as herself. */
export function asOther(school: Hostile): Attempt[] {
  const mine = cookie(school.attacker.cookies.get('ds-session') ?? '');
  const as = (path: string, ...headers: string[]) =>
    page('another child', { path, headers: [mine, ...headers] });
  const paths = [...treasures(school), ...ADMIN];
  const claims = [
    [`X-Serial: ${VICTIM}`, `X-Original-URL: /ds-restore/${VICTIM}/`],
    [`X-Rewrite-URL: /ds-restore/${VICTIM}/`, 'X-Forwarded-For: 127.0.0.1'],
    [`Referer: http://127.0.0.1/ds-restore/${VICTIM}/`, 'X-HTTP-Method-Override: GET'],
  ];
  const home = `/ds-restore/${ATTACKER}/`;
  const asked = ['of', 'serial', 'reader', 'owner'].map((name) => `${home}?${name}=${VICTIM}`);
  return [
    ...paths.map((path) => as(path)),
    ...claims.flatMap((headers) => treasures(school).map((path) => as(path, ...headers))),
    ...asked.map((path) => page(OWN_PAGE, { path, headers: [mine] })),
  ];
}

/** Ways to write one part of a path so that it may become another. */
function spellings(part: string): string[] {
  const [first = ''] = part;
  const code = first.charCodeAt(0).toString(16);
  return [
    `../${part}`,
    `..%2f${part}`,
    `..%2F..%2F${part}`,
    `..%5c${part}`,
    `..\\${part}`,
    `%2e%2e/${part}`,
    `%2e%2e%2f${part}`,
    `%252e%252e%252f${part}`,
    `.%00/${part}`,
    `./${part}`,
    `/${part}`,
    `${part}%00`,
    `${part}%0a`,
    `${part}%20`,
    `${part}.`,
    `${part};x=1`,
    `%${code}${part.slice(1)}`,
    `%25${code}${part.slice(1)}`,
    `%c0%ae%c0%ae/${part}`,
    `%ef%bc%8e%ef%bc%8e/${part}`,
    `${ATTACKER}%2f..%2f${part}`,
    `${ATTACKER}/../${part}`,
    `${ATTACKER},${part}`,
    `*`,
  ];
}

/** Her own address, with somebody else's part in it. */
export function byPath(school: Hostile): Attempt[] {
  const { day, uid } = school;
  const headers = [cookie(school.attacker.cookies.get('ds-session') ?? '')];
  const home = `/ds-restore/${ATTACKER}/`;
  const paths = [
    ...spellings(VICTIM).flatMap((one) => [
      `/ds-restore/${one}/${VICTIM}/${day}/`,
      `${home}${one}/${day}/${uid}/file`,
    ]),
    ...spellings(`${VICTIM}/${day}`).map((one) => `${home}${ATTACKER}/${one}/${uid}/picture`),
    ...spellings(uid).map((one) => `${home}${ATTACKER}/${day}/${one}/file`),
    ...['MANIFEST', 'SUMS.gz', '..', '.', `${uid}.metadata`, '%2e%2e', uidOf(9)].map(
      (one) => `${home}${ATTACKER}/${day}/${one}/file`,
    ),
    ...['registration.json', 'pinned', 'held', 'incoming', '.quiet-key', 'datastore-latest'].map(
      (one) => `${home}${ATTACKER}/${one}/`,
    ),
    ...['style-../../state/teachers.json', 'locale', '../../../etc/passwd', 'icon.svg/../x'].map(
      (one) => `/ds-restore/${one}`,
    ),
  ];
  return paths.map((path) => page('paths', { path, headers }));
}

/** Links that were used, are too old, or are made up. */
export function byLink(used: string, late: string, unused: string): Attempt[] {
  const token = unused.split('/').at(-1) ?? '';
  const paths = [
    ...[used, late, `${used}/`, `${used}?again`, `${late}%20`, `${unused}A`, unused.slice(0, -1)],
    ...[unused.replace(token, swapCase(token)), `/ds-restore/in/${VICTIM}`, '/ds-restore/in/*'],
    ...[`/ds-restore/in/../in/${'A'.repeat(43)}`, '/ds-restore/in/', '/ds-restore/in/%00'],
    `/ds-restore/in/${createHash('sha256').update(token).digest('base64url')}`,
    ...Array.from({ length: 6 }, () => `/ds-restore/in/${randomBytes(32).toString('base64url')}`),
  ];
  const other = ['HEAD', 'POST', 'PUT', 'OPTIONS'].map((method) =>
    page('links', { method, path: used }),
  );
  return [...paths.map((path) => page('links', { path })), ...other];
}

/** Browse's cookie, where the school believes it: of no key, or of a form that is none. */
export function byXoid(): Attempt[] {
  const values = [
    ...[
      `{"pkey_hash":"${'0'.repeat(40)}"}`,
      '{"pkey_hash":""}',
      '{"pkey_hash":null}',
      'null',
      '[]',
    ],
    ...['{"pkey_hash":["a"]}', `{"serial":"${VICTIM}"}`, `{"__proto__":{"pkey_hash":"x"}}`],
    ...[
      VICTIM,
      `{"pkey_hash":"${dsaKey(1).slice(0, 40)}"}`,
      "{'pkey_hash':'' or '1'='1'}",
      '%7B%7D',
    ],
  ];
  return values.map((value) =>
    page('xoid', { path: '/ds-restore/', headers: [`Cookie: xoid=${value}`] }),
  );
}

/** Forms that nobody filled in on a page of ours; and passwords without a form. */
export function byForm(school: Hostile): Attempt[] {
  const path = '/ds-restore/sign-in';
  const body = new URLSearchParams({ name: 'Rosa', password: PASSWORD }).toString();
  const browser = `Cookie: ds-browser=${randomBytes(32).toString('base64url')}`;
  const post = (headers: string[], text: string) =>
    page('forms', { method: 'POST', path, headers, body: text });
  const victims = cookie(school.victim.cookies.get('ds-session') ?? '');
  const kinds = ['application/json', 'text/plain', 'multipart/form-data; boundary=x', 'text/xml'];
  const tokens = ['', 'x', 'null', '[]', randomBytes(32).toString('base64url'), PASSWORD];
  return [
    ...tokens.map((form) => post([FORM, browser], `${body}&form=${form}`)),
    ...tokens.map((form) => post([FORM], `${body}&form=${form}`)),
    ...['form[]=x', 'form=x&form=y', '__proto__[form]=x', 'constructor=x'].map((extra) =>
      post([FORM, browser], `${body}&${extra}`),
    ),
    ...kinds.map((type) => post([`Content-Type: ${type}`, browser], body)),
    post(['Content-Type: application/json', browser], JSON.stringify({ name: 'Rosa', form: {} })),
    // The victim's browser, sent by another site's page: nothing may happen to her.
    ...['http://evil.example', 'null', 'http://127.0.0.1.evil.example'].map((origin) =>
      page('forms', {
        ...{ method: 'POST', path: '/ds-restore/sign-out', body: 'form=x' },
        headers: [FORM, victims, `Origin: ${origin}`],
      }),
    ),
    ...['cross-site', 'same-site', 'nonsense'].map((site) =>
      page('forms', {
        ...{ method: 'POST', path: '/ds-restore/sign-out', body: 'form=x' },
        headers: [FORM, victims, `Sec-Fetch-Site: ${site}`],
      }),
    ),
  ];
}

/** The victim's own browser, brought here under a name that is another's (DNS rebinding). */
export function byHost(school: Hostile): Attempt[] {
  const victims = cookie(school.victim.cookies.get('ds-session') ?? '');
  const hosts = [
    ...[
      'evil.example',
      'schoolserver.evil.example',
      'evil.example:80',
      'schoolserver@evil.example',
    ],
    ...[
      '127.0.0.1.evil.example',
      '127.0.0.1@evil.example',
      'localhost.evil.example',
      'schoolserver#',
    ],
    ...['', 'schoolserver,evil.example', '[::1].evil.example', '0x7f000001', '2130706433', '[::1'],
    ...[
      'schoolserver/../evil',
      'schoolserver:80:80',
      'evil.example:schoolserver',
      'scho\u00f6lserver',
    ],
  ];
  return hosts.flatMap((host) =>
    [`/ds-restore/${VICTIM}/`, '/ds-restore/sign-in'].map((path) =>
      page('hosts', { path, headers: [`Host: ${host}`, victims] }),
    ),
  );
}

/** Too much, too odd, two at once. */
export function bySize(school: Hostile): Attempt[] {
  const home = `/ds-restore/${VICTIM}/`;
  const mine = cookie(school.attacker.cookies.get('ds-session') ?? '');
  const path = '/ds-restore/sign-in';
  const big = 'x'.repeat(70_000);
  const post = (headers: string[], body: string) =>
    page('sizes', { method: 'POST', path, headers: [mine, ...headers], body });
  const methods = [
    'PUT',
    'DELETE',
    'PATCH',
    'TRACE',
    'OPTIONS',
    'PROPFIND',
    'COPY',
    'HEAD',
    'GETS',
  ];
  return [
    page('sizes', { path: home, headers: [mine, `X: ${big}`] }),
    page('sizes', { path: home, headers: [`Cookie: ds-session=${big}`] }),
    page('sizes', { path: home, headers: Array.from({ length: 3000 }, (_, n) => `X${n}: ${n}`) }),
    page('sizes', { path: `${home}?q=${big}`, headers: [mine] }),
    page('sizes', { path: `/ds-restore/${'A'.repeat(5000)}/`, headers: [mine] }),
    page('sizes', { path: `${home}${'a/'.repeat(2000)}`, headers: [mine] }),
    post([FORM], big),
    post([FORM], `${'a=b&'.repeat(15_000)}x=y`),
    post(['Content-Type: application/json'], `{"form":${'['.repeat(30_000)}`),
    post([FORM, 'Content-Length: -1'], 'form=x'),
    post([FORM, 'Content-Length: 99999999999'], 'form=x'),
    post([FORM, 'Content-Length: 6', 'Content-Length: 7'], 'form=x'),
    post(
      [FORM, 'Content-Length: 6', 'Transfer-Encoding: chunked'],
      `0\r\n\r\nGET ${home} HTTP/1.1`,
    ),
    post([FORM, 'Transfer-Encoding: identity, chunked'], `zz\r\nGET ${home} HTTP/1.1\r\n\r\n`),
    post([FORM, 'Transfer-Encoding: xchunked'], '0\r\n\r\n'),
    ...methods.map((method) => page('sizes', { method, path: home, headers: [mine] })),
    { group: 'sizes', to: 'pages', bytes: `GET ${home}\r\n\r\n` },
    { group: 'sizes', to: 'pages', bytes: `GET ${home} HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n` },
    { group: 'sizes', to: 'pages', bytes: `GET ${home} HTTP/1.1\r\n\r\n` },
    { group: 'sizes', to: 'pages', bytes: `GET ${home} HTTP/1.1\nHost:127.0.0.1\n ${mine}\n\n` },
    { group: 'sizes', to: 'pages', bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n' },
  ];
}

function swapCase(text: string): string {
  return [...text]
    .map((one) => (one === one.toLowerCase() ? one.toUpperCase() : one.toLowerCase()))
    .join('');
}
