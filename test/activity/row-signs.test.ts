/** The signs of rows, by what can be done with each entry; and the time that a restore says is left. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PageBody } from '../../activity/model/screens/body.ts';
import { screenOf } from '../../activity/model/screens/screen.ts';
import { readEntryPage, readPins } from '../../activity/model/state/answers.ts';
import type { Event } from '../../activity/model/state/event.ts';
import {
  after,
  agentEvent,
  entries,
  jobEvent,
  list,
  NOW,
  type Properties,
  row,
  SNAPSHOT,
  viewer,
} from './viewer.ts';

const test = suite('signs of rows');

const OLD_LAPTOP = 'CSN00000AAA';
const BRING = 'bring: Bring back';
const PIN = 'pin: Pin';
const UNPIN = 'pinned: Unpin';
const KEEP = 'keep: Keep at school';
const FETCH = 'fetch: Fetch back';

/** What the agent says of an entry, of which laptop → its signs with their names. */
const SIGNS: [more: Properties, of: string, signs: string[]][] = [
  [{ here: 'same' }, '', [BRING, PIN, KEEP]],
  [{ here: 'same', pinned: true }, '', [BRING, UNPIN, KEEP]],
  [{ here: 'different' }, '', [BRING, PIN]],
  [{ here: 'different', pinned: true }, '', [BRING, UNPIN]],
  [{ here: 'absent' }, '', [BRING, PIN]],
  [{ here: 'kept' }, '', [FETCH]],
  [{ here: 'kept', pinned: true }, '', [FETCH]],
  [{ here: 'same' }, OLD_LAPTOP, [BRING]],
  [{ here: 'absent', pinned: true }, OLD_LAPTOP, [BRING]],
];

for (const [more, of, signs] of SIGNS) {
  const whose = of === '' ? 'of this laptop' : 'of an older laptop';
  test(`an entry ${whose}, ${Object.values(more).join(', ')}: ${signs.join(', ')}`, () => {
    const place = { type: 'entries', of, snapshot: SNAPSHOT, search: '' } as const;
    const question = { type: 'page', of, snapshot: SNAPSHOT, search: '', page: 0 } as const;
    const value = readEntryPage(1, [row(0, more)]);
    const answer: Event = { type: 'answer', question, value };
    const { state } = after(agentEvent({}), { type: 'go', place }, answer);
    assert.equal(signsOf(list(state).row(0)), signs);
  });
}

/** Each sign has a picture of its own: two that look the same cannot be told apart by who cannot read. */
test('no two signs of rows look the same', () => {
  const all = new Set(SIGNS.flatMap(([, , signs]) => signs));
  const pictures = new Set([...all].map((sign) => sign.split(':')[0]));
  assert.is(pictures.size, all.size);
});

function signsOf(shown: ReturnType<ReturnType<typeof list>['row']>): string[] | undefined {
  return shown?.buttons.map(
    ({ icon, label }) => `${'own' in icon ? icon.own : icon.theme}: ${label}`,
  );
}

test('a press on Pin changes the sign at once, before the school has answered', () => {
  const value = readEntryPage(1, [row(0)]);
  const question = { type: 'page', of: '', snapshot: SNAPSHOT, search: '', page: 0 } as const;
  const press: Event = {
    type: 'act',
    act: { type: 'pin', snapshot: SNAPSHOT, uid: String(row(0).uid) },
  };
  const { state } = after(agentEvent({}), entries, { type: 'answer', question, value }, press);
  assert.equal(signsOf(list(state).row(0)), [BRING, UNPIN, KEEP]);
});

test('a pin can be taken out on its row, and its entry comes back from there', () => {
  const pin = { uid: 'a', snapshot: SNAPSHOT, title: 'Volcán', bytes: 900, pinned: NOW };
  const { state } = after(
    agentEvent({}),
    { type: 'go', place: { type: 'pins' } },
    { type: 'answer', question: { type: 'pins' }, value: readPins([pin], 900, 4e6) },
    { type: 'answer', question: { type: 'at-school' }, value: [] },
  );
  assert.equal(signsOf(list(state).row(0)), [BRING, UNPIN]);
});

const JOB = '/org/sugarlabs/Backup1/job/1';
const RANGE = { TimeLeft: [300, 600], CurrentTitle: 'Volcán' };
const restoring: Event = { type: 'go', place: { type: 'restoring', of: '', snapshot: SNAPSHOT } };
const later = (seconds: number): Event => ({ type: 'tick', now: NOW + seconds });

/** The words of a restore that has gone on for so many seconds. */
function textAfter(seconds: number, more: Properties = RANGE): string {
  const job = jobEvent({ Kind: 'restore', Snapshot: SNAPSHOT, EntriesDone: 12, ...more });
  const begun = [agentEvent({ State: 'restoring', Jobs: [JOB] }), restoring, job];
  return (screenOf(after(...begun, later(seconds)).state, viewer).body as PageBody).text;
}

test('a restore tells its time as a range, and only once it can be estimated', () => {
  assert.is(textAfter(0), 'Volcán');
  assert.is(textAfter(19), 'Volcán');
  assert.is(textAfter(20), 'Volcán · about 5-10 min');
  assert.is(textAfter(500), 'Volcán · about 5-10 min');
  assert.is(textAfter(20, { ...RANGE, CurrentTitle: '' }), 'about 5-10 min');
  assert.is(textAfter(20, { ...RANGE, TimeLeft: [20, 50] }), 'Volcán · about a minute');
  assert.is(textAfter(20, { ...RANGE, TimeLeft: [0, 0] }), 'Volcán', 'unknown to the agent');
  assert.is(
    textAfter(60, { ...RANGE, State: 'waiting', Reasons: ['battery'] }).includes('min'),
    false,
  );
});

test('the first screen says the same of a restore', () => {
  const job = jobEvent({ Kind: 'restore', Snapshot: SNAPSHOT, EntriesDone: 12, ...RANGE });
  const begun = [agentEvent({ State: 'restoring', Jobs: [JOB] }), job];
  const at = (seconds: number) =>
    (screenOf(after(...begun, later(seconds)).state, viewer).body as PageBody).text;
  assert.is(at(19), 'Volcán');
  assert.is(at(20), 'Volcán · about 5-10 min');
});

test('the time of a restore begins with the restore, not with what went before it', () => {
  const backup = jobEvent({ Kind: 'backup', State: 'done' }, 2);
  const job = jobEvent({ Kind: 'restore', Snapshot: SNAPSHOT, EntriesDone: 12, ...RANGE });
  const jobs = agentEvent({ State: 'restoring', Jobs: [JOB, '/org/sugarlabs/Backup1/job/2'] });
  const page = (seconds: number) =>
    screenOf(after(jobs, backup, later(100), restoring, job, later(100 + seconds)).state, viewer)
      .body as PageBody;
  assert.is(page(19).text, 'Volcán');
  assert.is(page(20).text, 'Volcán · about 5-10 min');
});

test.run();
