/**
 * What a laptop says is not safe: kept, shown to teachers, and harmless whatever it says.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findCatalogue } from '../../../shared/words/catalogue.ts';
import { wordsOf } from '../../../shared/words/language.ts';
import { createApp } from '../../../xs/api/app.ts';
import { addNotSafeRoute } from '../../../xs/api/not-safe.ts';
import { render } from '../../../xs/pages/frame/frame.tsx';
import { NotSafeThings } from '../../../xs/pages/teacher/laptops/not-safe-things.tsx';
import { readNotSafe } from '../../../xs/storage/not-safe.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { SERIAL, uidOf } from '../library.ts';
import { dsaKey, openWhole, serialOf } from '../whole.ts';

const test = suite('what is not safe is told to the school');

const thing = (n: number, change: object = {}) => ({
  ...{ uid: uidOf(n), title: `Drawing ${n}`, why: 'it has no metadata', school: 'older' },
  ...change,
});
const report = (...entries: object[]) => ({ count: entries.length, entries });

async function serve() {
  const whole = await openWhole();
  const app = createApp(whole.library.log, 64 * 1024, 0);
  addNotSafeRoute(app, whole.library.paths, () => SERIAL);
  const put = async (body: unknown) => {
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    const headers = { 'content-type': 'application/json' };
    const url = '/v1/not-safe';
    return (await app.inject({ method: 'PUT', url, headers, payload })).statusCode;
  };
  const read = () => readNotSafe(whole.library.paths, SERIAL);
  return { ...whole, put, read };
}

test('each report replaces the last one, and the terminal names laptop, thing and reason', async () => {
  await using school = await serve();
  const { put, read, command, library } = school;
  assert.is(read().count, 0);
  assert.is(await put({ count: 70, entries: [thing(1), thing(2, { school: 'nothing' })] }), 204);
  assert.is(read().count, 70);
  const status = JSON.parse(await command('status', [], { json: true }));
  assert.equal(status.concerns, ['not-safe']);
  assert.match(
    await command('status'),
    /^ {2}1 laptop has things that are not safe: Jocinta 70 things$/m,
  );
  const told = await command('not-safe');
  assert.match(told, /^Jocinta \(CSN74803BB1\): 70 things are not safe$/m);
  assert.match(told, /^ {2}"Drawing 1": only an earlier version is safe\. it has no metadata$/m);
  assert.match(told, /^ {2}and 68 more$/m);
  assert.is(await command('not-safe', [SERIAL]), told);
  library.registrations.retire(SERIAL);
  assert.match(
    await command('not-safe'),
    /^no laptop says/,
    'nobody asks after a laptop that is out of use',
  );
  library.registrations.unretire(SERIAL);
  assert.is(await put(report()), 204);
  assert.equal(read(), { count: 0, entries: [] });
  const calm = JSON.parse(await command('status', [], { json: true }));
  assert.equal(calm.concerns, []);
});

test('what is no report, or too much of one, is refused and changes nothing', async () => {
  await using school = await serve();
  const { put, read } = school;
  await put(report(thing(1)));
  const before = read();
  const bad: unknown[] = [
    ...['', 'null', '[]', '{"count":1}', '{"count":1,"entries":[],"__proto__":{}}', '{"count":'],
    ...[
      { count: -1, entries: [] },
      { count: 0.5, entries: [] },
      { count: 1e9, entries: [] },
    ],
    { count: 0, entries: [thing(1)] },
    report(...Array.from({ length: 51 }, (_, n) => thing(n))),
    report(thing(1, { title: 'x'.repeat(121) })),
    report(thing(1, { why: 'x'.repeat(241) })),
    report(thing(1, { title: 7 })),
    report(thing(1, { school: 'everything' })),
    report(thing(1, { uid: '../../../etc/passwd' })),
    report(thing(1, { uid: '/' })),
    report(thing(1, { more: 1 })),
  ];
  for (const body of bad) {
    const status = await put(body);
    assert.ok(status >= 400 && status < 500, `${JSON.stringify(body).slice(0, 60)}: ${status}`);
  }
  assert.is(await put({ ...report(thing(1)), padding: 'x'.repeat(70_000) }), 413);
  assert.equal(read(), before);
});

test('the largest report fits, also in letters that take three bytes', async () => {
  await using school = await serve();
  const long = { title: '语'.repeat(120), why: '语'.repeat(240) };
  const full = report(...Array.from({ length: 50 }, (_, n) => thing(n, long)));
  assert.is(await school.put(full), 204);
  assert.is(school.read().entries.length, 50);
});

test('titles reach neither the terminal nor the page as anything but text', async () => {
  await using school = await serve();
  const { put, read, command } = school;
  const title = '\u001b]0;gone\u0007<script>alert(1)</script>\u202egpj.\ud800\n';
  await put(report(thing(1, { title, why: title })));
  const told = await command('not-safe');
  assert.not.match(told, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  assert.is(told.trim().split('\n').length, 2, told);
  const words = wordsOf(findCatalogue('/nowhere', 'ds-backup', []));
  const node = NotSafeThings({ words, name: 'Jim', notSafe: read() });
  assert.ok(node);
  const html = render(node);
  assert.match(html, /Jim: 1 thing is not safe/);
  assert.match(html, /The school keeps only an earlier version/);
  assert.not.match(html, /<script>|\u202e/);
});

test('a damaged file is as good as none, and the next report replaces it', async () => {
  await using school = await serve();
  const { put, read, command, library } = school;
  const { notSafe } = inLaptop(library.paths, SERIAL);
  for (const text of ['', '{"count":1', 'x'.repeat(300_000), '{"count":2,"entries":[{}]}']) {
    writeFileSync(notSafe, text);
    assert.is(read().count, 0, text.slice(0, 20));
    await command('status');
  }
  assert.is(await put(report(thing(1))), 204);
  assert.is(read().count, 1);
  rmSync(notSafe);
  mkdirSync(notSafe);
  assert.is(read().count, 0, 'a folder in its place');
});

test('a laptop that another one replaces is asked after no more', async () => {
  await using school = await serve();
  const { put, command, library } = school;
  await put(report(thing(1)));
  library.registrations.register(serialOf(3), 'Jim', 'u', dsaKey(3));
  await command('alias', [serialOf(3), SERIAL]);
  assert.match(await command('not-safe'), /^no laptop says/);
});

test.run();
