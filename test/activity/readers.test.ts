/** What the agent says, as plain values: whatever it sends, nothing is made up and nothing breaks. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  isAllSafe,
  isOpen,
  isUnconfirmed,
  isWorking,
  pathOf,
  readAgent,
  reader,
  readJob,
} from '../../activity/model/state/agent.ts';
import {
  isJarFull,
  readAtSchool,
  readDays,
  readDetails,
  readEntryPage,
  readLaptops,
  readPins,
  readPlan,
} from '../../activity/model/state/answers.ts';
import type { Event } from '../../activity/model/state/event.ts';
import { questionsFor } from '../../activity/model/state/questions.ts';
import type { Question } from '../../activity/model/state/state.ts';
import { after, agentEvent, entries, NOW, page, row, SNAPSHOT } from './viewer.ts';

const test = suite('readers');

const agent = (properties: object) => readAgent('present', { ...properties });

test('a property of a wrong type is empty', () => {
  const read = reader({
    ...{ count: 2.9, less: -1, many: Number.POSITIVE_INFINITY, text: 'a', yes: true, one: 1 },
    list: ['a', 1, 'b', null],
  });
  assert.equal(['count', 'less', 'many', 'text', 'none'].map(read.number), [2.9, -1, 0, 0, 0]);
  assert.equal(['count', 'less', 'many', 'text'].map(read.count), [2, 0, 0, 0]);
  assert.equal(['text', 'count', 'none'].map(read.text), ['a', '', '']);
  assert.equal(['yes', 'one', 'none'].map(read.flag), [true, false, false]);
  assert.equal(['list', 'text', 'none'].map(read.texts), [['a', 'b'], [], []]);
  assert.equal(['text', 'none'].map(read.list), [[], []]);
});

test('counts do not exceed their totals', () => {
  const safe = agent({ SafeEntries: 50, TotalEntries: 40 });
  assert.equal([safe.safeEntries, safe.totalEntries], [40, 40]);
  const job = readJob({ EntriesDone: 9, EntriesTotal: 4, BytesDone: 90, BytesTotal: 50 });
  assert.equal([job.entriesDone, job.bytesDone], [4, 50]);
  const half = agent({ Unfinished: [['', 's', 12, 8]] });
  assert.equal(half.unfinished, [{ of: '', snapshot: 's', back: 8, total: 8 }]);
});

test('the time left is a range, or unknown', () => {
  const left = (TimeLeft: unknown) => readJob({ TimeLeft }).timeLeft;
  assert.equal(left([300, 600]), [300, 600]);
  assert.equal(left([-1, -2]), [0, 0]);
  for (const wrong of [[300], ['x', 600], [300, 'x'], [], 'x', undefined, [300, Infinity]]) {
    assert.equal(left(wrong), [0, 0], JSON.stringify(wrong));
  }
});

test('an unfinished restore needs all its parts', () => {
  const read = (one: unknown) => agent({ Unfinished: [one] }).unfinished.length;
  assert.is(read(['CSN', 's', 1, 2]), 1);
  for (const wrong of ['x', [1, 's', 1, 2], ['', 2, 1, 2], ['', 's', '1', 2], ['', 's', 1, '2']]) {
    assert.is(read(wrong), 0, JSON.stringify(wrong));
  }
});

test('a problem has three texts; a summary has numbers only', () => {
  const nothing = { code: '', message: '', hint: '' };
  assert.equal(agent({ Problem: ['busy', 'm', 'h'] }).problem, {
    ...{ code: 'busy', message: 'm', hint: 'h' },
  });
  assert.equal(agent({ Problem: [] }).problem, nothing);
  assert.equal(agent({ Problem: 'busy' }).problem, nothing);
  assert.equal(readJob({ Summary: { restored: 3, beside: '4' } }).summary, { restored: 3 });
  for (const wrong of [null, undefined, 'x', 7]) {
    assert.equal(readJob({ Summary: wrong }).summary, {}, String(wrong));
  }
});

test('a pairing code is six digits and nothing else', () => {
  const code = (PairingCode: string) => agent({ PairingCode }).pairingCode;
  assert.is(code('047111'), '047111');
  for (const wrong of ['0471112', 'a047111', '04711', '04711x', '']) assert.is(code(wrong), '');
});

test('what the agent is at, in one word', () => {
  const working = ['asking', 'sending', 'confirming', 'restoring'];
  const all = [...working, 'safe', 'due', 'waiting', 'queued', 'paused', ''];
  assert.equal(
    all.filter((State) => isWorking(agent({ State }))),
    working,
  );
  const open = ['waiting', 'running', 'done', 'failed', 'cancelled', ''];
  assert.equal(
    open.filter((State) => isOpen(readJob({ State }))),
    ['waiting', 'running'],
  );
  const first = { Registration: 'accepted', ServerTrust: 'unconfirmed', PairingCode: '047111' };
  const unconfirmed = (more: object) => isUnconfirmed(agent({ ...first, ...more }));
  assert.ok(unconfirmed({}));
  assert.not(unconfirmed({ Registration: 'pending' }));
  assert.not(unconfirmed({ ServerTrust: 'confirmed' }));
  assert.not(unconfirmed({ PairingCode: '' }));
  const safe = (SafeEntries: number, TotalEntries: number) =>
    isAllSafe(agent({ SafeEntries, TotalEntries }));
  assert.equal([safe(4, 4), safe(3, 4), safe(0, 0)], [true, false, false]);
});

test('a job is found by its path, and one that was forgotten has none', () => {
  const [one, two] = [readJob({}), readJob({})];
  assert.is(pathOf({ a: one, b: two }, two), 'b');
  assert.is(pathOf({ a: one }, two), '');
});

test('answers keep every field that they have', () => {
  assert.equal(readLaptops([{ serial: 's', nick: 'n', color: 'c', replaced: true }]), [
    { serial: 's', nick: 'n', color: 'c', replaced: true },
  ]);
  assert.equal(
    readDays([
      { snapshot: '', created: 1 },
      { snapshot: 's', bytes: 4 },
    ]),
    [{ snapshot: 's', created: 0, entries: 0, bytes: 4 }],
  );
  const pin = { uid: 'u', snapshot: 's', title: 't', bytes: 3, pinned: 5, later: true };
  assert.equal(readPins([pin, []], 7, 9), { pins: [pin], used: 7, limit: 9 });
  assert.equal(readAtSchool([{ uid: 'u', title: 't', bytes: 3 }, { uid: '' }]), [
    { uid: 'u', title: 't', bytes: 3 },
  ]);
  const plan = { snapshot: 's', entries: 1, bytes: 2, here: 3, beside: 4, free: 5, samples: [] };
  assert.equal(readPlan(plan), plan);
  const [whole] = readEntryPage(1, [row(1, { here: 'kept', pinned: true })]).rows;
  assert.equal(whole, {
    ...{ uid: row(1).uid, digest: '1', title: 'Thing 1', mimeType: 'text/plain' },
    ...{ activity: 'org.laptop.Pippy', color: '#FF2B34,#005FE4', timestamp: NOW - 3600 },
    ...{ bytes: 1000, pinned: true, here: 'kept' },
  });
  const details = readDetails({
    ...row(1),
    description: 'd',
    tags: 't',
    created: 9,
    versions: 'x',
  });
  assert.equal(
    [details?.description, details?.tags, details?.created, details?.versions],
    ['d', 't', 9, []],
  );
  assert.is(readDetails([row(1)]), null);
  assert.is(readDetails(null), null);
});

test('the total of a page is what the school says, but never less than what is there', () => {
  assert.is(readEntryPage(70, [row(1)]).total, 70);
  assert.is(readEntryPage(0, [row(1), row(2)]).total, 2);
  assert.is(readEntryPage('70', [row(1)]).total, 1);
  assert.equal(readEntryPage(70, 'x'), { total: 70, rows: [] });
  for (const here of ['same', 'kept', 'different', 'absent']) {
    assert.is(readEntryPage(1, [row(1, { here })]).rows[0]?.here, here);
  }
});

test('a jar without a limit is never full', () => {
  assert.not(isJarFull(readPins([], 5, 0)));
  assert.ok(isJarFull(readPins([], 96, 100)));
});

test('each place asks for what it shows, and for nothing that is known', () => {
  const at = (...events: Event[]) => questionsFor(after(agentEvent({}), ...events).state);
  const go = (place: Extract<Event, { type: 'go' }>['place']): Event => ({ type: 'go', place });
  assert.equal(at(go({ type: 'days', of: 'CSN' })), [
    { type: 'days', of: 'CSN' },
    { type: 'laptops' },
  ]);
  assert.equal(at(go({ type: 'when', of: 'CSN', chosen: '', month: 0 })), [
    { type: 'days', of: 'CSN' },
  ]);
  assert.equal(at(go({ type: 'entry', of: '', snapshot: 's', uid: 'u' })), [
    { type: 'details', of: '', snapshot: 's', uid: 'u' },
  ]);
  assert.equal(at(go({ type: 'pins' })), [{ type: 'pins' }, { type: 'at-school' }]);
  assert.equal(at(go({ type: 'status' })), []);
  const laptops: Event = { type: 'answer', question: { type: 'laptops' }, value: [] };
  assert.equal(at(go({ type: 'whose' }), laptops), []);
  assert.equal(at(go({ type: 'whose' }), laptops, agentEvent({ LastSnapshot: 'newer' })), [
    { type: 'laptops' },
  ]);
});

const pages = (...events: Event[]) => {
  const asked = questionsFor(after(agentEvent({}), entries, ...events).state);
  return asked.flatMap((one: Question) => ('page' in one ? [one.page] : []));
};
const seen = (first: number, last: number): Event => ({ type: 'seen', first, last });

test('of a list come the pages that are seen, the next, the one before, and the first', () => {
  assert.equal(pages(), [0]);
  assert.equal(pages(page(0, 60)), [], 'one page is all there is');
  assert.equal(pages(page(0, 61)), [1]);
  assert.equal(pages(page(0, 5000), seen(59, 60)), [1, 2]);
  assert.equal(pages(page(0, 5000), seen(120, 200)), [2, 3, 4, 1]);
  assert.equal(pages(page(0, 5000), seen(4999, 9000)), [83, 82], 'no page beyond the last');
  assert.equal(pages(page(0, 5000), seen(9000, 9010)), [83, 82]);
  assert.equal(pages(page(0, 5000), seen(-9, 3)), [1]);
  assert.equal(pages(page(0, 0)), []);
  const newer = agentEvent({ LastSnapshot: 'newer' });
  assert.equal(pages(page(0, 5000), seen(600, 610), newer), [10, 11, 9, 0]);
});

test('pins and what is kept at school have icons, in the order in which they stand', () => {
  const pins = [1, 2].map((n) => ({ uid: `p${n}`, snapshot: SNAPSHOT, pinned: n }));
  const known: Event[] = [
    { type: 'go', place: { type: 'pins' } },
    { type: 'answer', question: { type: 'pins' }, value: readPins(pins, 1, 100) },
    { type: 'answer', question: { type: 'at-school' }, value: readAtSchool([{ uid: 'k' }]) },
  ];
  const asked = (...events: Event[]) =>
    questionsFor(after(agentEvent({}), ...known, ...events).state).flatMap((one) =>
      one.type === 'details' ? [[one.uid, one.snapshot]] : [],
    );
  const all = [
    ['p2', SNAPSHOT],
    ['p1', SNAPSHOT],
    ['k', ''],
  ];
  assert.equal(asked(seen(0, 2)), all);
  assert.equal(asked(seen(1, 1)), [all[1]]);
  assert.equal(asked(), [all[0]]);
});

test.run();
