// weight: 25
/**
 * One child, or nobody, tries to reach another child's Journal and the teachers' pages, hundreds of
 * times and each time in another way: all of it is refused, and nothing changes.
 */
import { connect } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listPins } from '../../xs/pins/pins.ts';
import { within } from '../runner/patience.ts';
import { openBrowser } from '../xs/pages/browser.ts';
import { byApi } from './api-attempts.ts';
import {
  type Attempt,
  asNobody,
  asOther,
  byForm,
  byHost,
  byLink,
  byPath,
  bySize,
  byXoid,
  OWN_PAGE,
} from './attempts.ts';
import { ATTACKER, type Hostile, MARK, openHostile, VICTIM } from './victim.ts';
import { parseAnswer, type RawAnswer, sendRaw } from './wire.ts';

const test = suite('nobody reaches what is not theirs');

const MINUTE = 60_000;
const SIGN_IN = '/ds-restore/sign-in';

let school: Hostile;
test.before(async () => {
  school = await openHostile();
});
test.after(async () => {
  await school?.[Symbol.asyncDispose]();
});

const secretIn = ({ head, body }: RawAnswer) =>
  (head + body).includes(MARK) ? 'it told a secret' : null;

/** As if it came from a laptop of its own, through the school's web server. */
function from(n: number, bytes: string): string {
  if (bytes.includes('X-Forwarded-For')) return bytes;
  return bytes.replace('\r\nHost:', `\r\nX-Forwarded-For: 10.7.${n >> 8}.${n & 255}\r\nHost:`);
}

/** Null when it was refused as it should be, else what happened instead. */
function complaint(answer: RawAnswer): string | null {
  const { status, head } = answer;
  if (secretIn(answer)) return secretIn(answer);
  if (/^set-cookie: ds-session=[\w-]{20}/im.test(head)) return 'it signed somebody on';
  if (status === 303) {
    const location = /^location: (.*)$/im.exec(head)?.[1]?.trim() ?? '';
    return /^\/ds-restore\/(sign-in(\?back=[\w%.-]*)?)?$/.test(location) ? null : `to ${location}`;
  }
  const refused = status === 0 || (status >= 400 && status < 500 && status !== 429);
  return refused || status === 501 || status === 505 ? null : `status ${status}`;
}

async function tryAll(attempts: readonly Attempt[]): Promise<string[]> {
  // Refused for what they are, and not because there are so many.
  const distinct = [...new Map(attempts.map((one) => [one.to + one.bytes, one])).values()];
  const wrong: string[] = [];
  const counts = new Map<string, number>();
  for (const [n, { group, bytes, to }] of distinct.entries()) {
    const place = to === 'pages' ? { port: school.port } : { path: school.apiSocket };
    const answer = await sendRaw(place, from(n, bytes));
    const problem =
      group === OWN_PAGE && answer.status === 200 ? secretIn(answer) : complaint(answer);
    const kind = group.split(',')[0] ?? '';
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (problem) wrong.push(`${group}: ${problem}: ${JSON.stringify(bytes.slice(0, 200))}`);
  }
  for (const [kind, count] of counts) process.stdout.write(`${kind}: ${count}\n`);
  process.stdout.write(`${distinct.length - wrong.length} of ${distinct.length} refused\n`);
  return wrong;
}

test('the ways that are right do work, and show what must not be seen', async () => {
  const { victim, attacker, day, uid } = school;
  const entry = `/ds-restore/${VICTIM}/${VICTIM}/${day}/${uid}/`;
  for (const path of [
    `/ds-restore/${VICTIM}/all/`,
    entry,
    ...['picture', 'file', 'bundle'].map((what) => entry + what),
  ]) {
    const { status, raw } = await victim.get(path);
    assert.is(status, 200, path);
    assert.ok(raw.includes(MARK), path);
  }
  assert.is((await attacker.get(`/ds-restore/${ATTACKER}/`)).status, 200);
});

test('more than 500 different attempts are refused', async () => {
  const { links, clock, victim } = school;
  const worthless: Record<string, string> = {};
  const left = openBrowser(school.url);
  await left.get(links.make(VICTIM));
  worthless['signed out'] = left.cookies.get('ds-session') ?? '';
  await left.fill(`/ds-restore/${VICTIM}/`, '/ds-restore/sign-out', {});
  const idle = openBrowser(school.url);
  await idle.get(links.make(VICTIM));
  worthless.expired = idle.cookies.get('ds-session') ?? '';
  const late = links.make(VICTIM);
  // An hour and more, in which the two who are signed on do not rest.
  for (let minutes = 0; minutes < 80; minutes += 20) {
    clock.pass(20 * MINUTE);
    await Promise.all([
      victim.get(`/ds-restore/${VICTIM}/`),
      school.attacker.get(`/ds-restore/${ATTACKER}/`),
    ]);
  }
  const used = links.make(VICTIM);
  await victim.get(used);
  const unused = links.make(VICTIM);
  const attempts = [
    ...asNobody(school, worthless),
    ...asOther(school),
    ...byPath(school),
    ...byLink(used, late, unused),
    ...byXoid(),
    ...byForm(school),
    ...byHost(school),
    ...bySize(school),
    ...byApi(school),
  ];
  const wrong = await tryAll(attempts);
  assert.equal(wrong, []);
  assert.ok(attempts.length >= 500);
  assert.is((await victim.get(`/ds-restore/${VICTIM}/`)).status, 200, 'she is still signed on');
  assert.is((await openBrowser(school.url).get(unused)).status, 303, 'and her link still good');
  for (const serial of [VICTIM, ATTACKER]) {
    assert.equal(listPins(school.library.paths, serial), [], 'and nothing was pinned');
  }
});

test('whoever is sent on after choosing a language stays here', async () => {
  for (const back of [
    '//evil.example',
    'http://evil.example/',
    '/\\evil.example',
    '/%2f/evil',
    '/ds-restore\r\nX: y',
    'javascript:alert(1)',
  ]) {
    const path = `/ds-restore/language?to=es&back=${encodeURIComponent(back)}`;
    const { headers } = await openBrowser(school.url).get(path);
    assert.is(headers.location, '/ds-restore/', back);
  }
});

test('slow senders are cut off, and keep nobody else waiting', async () => {
  const starts = [
    `GET /ds-restore/${VICTIM}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX: `,
    'GET /ds-restore/',
    `POST ${SIGN_IN} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\n`,
    `POST ${SIGN_IN} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n`,
  ];
  const begun = performance.now();
  const slow = Array.from({ length: 40 }, (_, n) =>
    dribble(from(n, starts[n % starts.length] ?? '')),
  );
  for (let n = 0; n < 10; n += 1) {
    const start = performance.now();
    assert.is((await school.victim.get(`/ds-restore/${VICTIM}/`)).status, 200);
    await within('a page while forty dribble', 2000, performance.now() - start);
  }
  const answers = await Promise.all(slow);
  for (const answer of answers) assert.is(complaint(answer), null);
  const seconds = (performance.now() - begun) / 1000;
  process.stdout.write(`40 of 40 slow senders cut off within ${seconds.toFixed(0)} s\n`);
  await within('the last slow sender', 40_000, 1000 * seconds);
});

/** A byte a second until the other side has had enough. */
async function dribble(start: string): Promise<RawAnswer> {
  const socket = connect({ port: school.port });
  let text = '';
  socket.on('data', (piece) => {
    text += piece.toString('latin1');
  });
  socket.write(start, 'latin1');
  const timer = setInterval(() => socket.write('a'), 1000);
  await new Promise<void>((resolve) => {
    socket.on('error', () => resolve()).on('close', () => resolve());
  });
  clearInterval(timer);
  socket.destroy();
  return parseAnswer(text);
}

test('passwords cannot be guessed one after the other', async () => {
  const browser = openBrowser(school.url);
  const guesses = [
    '1234567890',
    'password12',
    'qwertyuiop',
    'schoolserver',
    'contraseña',
    'Rosa Rosa1',
  ];
  const statuses: number[] = [];
  for (let n = 0; n < 18; n += 1) {
    const password = `${guesses[n % guesses.length]}${n}`;
    statuses.push((await browser.fill(SIGN_IN, SIGN_IN, { name: 'Rosa', password })).status);
  }
  assert.equal(statuses.slice(0, 5), [403, 403, 403, 403, 403]);
  assert.equal(new Set(statuses.slice(5)), new Set([429]));
  assert.not(browser.cookies.has('ds-session'));
});

test.run();
