/** What a child is told when a request or a job has ended, and which answers are then asked for again. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readJob } from '../../activity/model/state/agent.ts';
import type { Event } from '../../activity/model/state/event.ts';
import type { Effect, Question, State } from '../../activity/model/state/state.ts';
import {
  after,
  agentEvent,
  entries,
  jobEvent,
  NOW,
  type Properties,
  QUESTIONS,
  SNAPSHOT,
  UID,
} from './viewer.ts';

const test = suite('endings');

const JOB = '/org/sugarlabs/Backup1/job/1';
const OTHER = '/org/sugarlabs/Backup1/job/2';
const RESTORE = { type: 'restore-all', of: '', snapshot: SNAPSHOT } as const;
const restoring: Event = { type: 'act', act: RESTORE };

const EVERY: Question[] = [...QUESTIONS, { type: 'pins' }];
/** An answer to each question, all of them fresh. */
const KNOWN: Event[] = EVERY.map((question) => ({ type: 'answer', question, value: [] }));
const ALL = EVERY.map(({ type }) => type).sort();
const OF_PINS = ['details', 'page', 'pins'];

/** The kinds of questions whose answers are asked for again. */
function stale({ answers }: State): string[] {
  const outdated = Object.entries(answers).filter(([, { stale }]) => stale);
  return outdated.map(([key]) => Object.fromEntries(JSON.parse(key)).type).sort();
}

const news = ({ alert }: State) => (alert?.type === 'news' ? alert.what : null);

/** [what is told, what is asked for again]. */
function ending(...events: Event[]): [told: string | null, stale: string[]] {
  const { state } = after(agentEvent({}), ...KNOWN, ...events);
  return [news(state), stale(state)];
}

const did = (effect: Effect, result = ''): Event => ({ type: 'did', effect, result });
const refused = (effect: Effect, code: string): Event => ({ type: 'refused', effect, code });
const PIN: Effect = { type: 'pin', snapshot: SNAPSHOT, uid: UID };
const UNPIN: Effect = { type: 'unpin', uid: UID };

test('a pin changes what shows pins; one that was noted says so', () => {
  assert.equal(ending(did(PIN, 'done')), ['pinned', OF_PINS]);
  assert.equal(ending(did(PIN, 'later')), ['pinned-later', OF_PINS]);
  assert.equal(ending(did(UNPIN, 'done')), [null, OF_PINS]);
  assert.equal(ending(did(UNPIN, 'later')), ['unpinned-later', OF_PINS]);
});

test('a request is told to be on its way while its job is open', () => {
  for (const effect of [
    { type: 'bring-back', of: '', snapshot: SNAPSHOT, uid: UID },
    { type: 'keep', uid: UID },
    { type: 'fetch', uid: UID },
  ] as const) {
    const ended = jobEvent({ Kind: effect.type, State: 'done' });
    assert.equal(ending(did(effect, JOB)), ['on-its-way', []], effect.type);
    assert.equal(ending(jobEvent({}), did(effect, JOB)), ['on-its-way', []]);
    assert.equal(ending(ended, did(effect, JOB)), [null, []], 'the end was told already');
  }
  assert.equal(ending(did({ type: 'forget', of: '', snapshot: SNAPSHOT })), [null, ALL]);
  for (const type of ['back-up', 'pause', 'resume', 'web'] as const) {
    assert.equal(ending(did({ type })), [null, []], type);
  }
});

test('a refused pin is taken back, and only that one', () => {
  const act = (uid: string): Event => ({ type: 'act', act: { type: 'pin', snapshot: '', uid } });
  const pinned = [act(UID), act('b')];
  const left = (effect: Effect) => after(...pinned, refused(effect, 'internal')).state.pinning;
  assert.equal(left(PIN), { b: true });
  assert.equal(left(UNPIN), { b: true });
  assert.equal(left({ type: 'keep', uid: UID }), { b: true, [UID]: true });
});

test('only a pin that finds the jar full is told so', () => {
  const told = (effect: Effect) => ending(refused(effect, 'over-quota'))[0];
  assert.is(told(PIN), 'pins-full');
  assert.is(told(UNPIN), 'not-yet');
  assert.is(told({ type: 'back-up' }), 'not-yet');
});

test('what could not be stopped or retried because nothing was left is no news', () => {
  const cancel: Effect = { type: 'cancel', job: JOB };
  const told = (...events: Event[]) => ending(...events)[0];
  assert.is(told(refused({ type: 'retry' }, 'not-found')), null);
  assert.is(told(refused({ type: 'retry' }, 'battery')), 'plug-in');
  assert.is(told(refused({ type: 'pause' }, 'not-found')), 'not-yet');
  assert.is(told(refused(cancel, 'not-found')), null, 'nobody knows that job');
  assert.is(told(jobEvent({ State: 'failed' }), refused(cancel, 'busy')), null);
  assert.is(told(jobEvent({}), refused(cancel, 'busy')), 'not-now');
  assert.is(told(refused({ type: 'cancel', job: '' }, 'busy')), 'not-now', 'whatever was at work');
  const waiting = after(agentEvent({}), restoring, refused({ type: 'retry' }, 'not-found')).state;
  assert.is(waiting.expectedUntil, NOW + 20, 'what is expected still may come');
});

test('a refused restore is not expected any more, and leads back unless it can be shown', () => {
  const refusal = refused(RESTORE, 'battery');
  const { state } = after(agentEvent({}), restoring, refusal);
  assert.is(state.expectedUntil, 0);
  assert.equal(state.place, { type: 'go', of: '', snapshot: SNAPSHOT });
  const place = (...events: Event[]) => after(agentEvent({}), ...events, refusal).state.place.type;
  const job = (more: Properties) => jobEvent({ Kind: 'restore', Snapshot: SNAPSHOT, ...more });
  assert.is(place(restoring, job({})), 'restoring', 'one is running');
  assert.is(place(restoring, job({ State: 'done' })), 'go', 'one that has ended is not this one');
  assert.is(place(restoring, jobEvent({ Kind: 'keep' })), 'go', 'another job shows nothing here');
  assert.is(place(restoring, entries), 'entries', 'the child has gone elsewhere');
  const half = agentEvent({ Unfinished: [['', SNAPSHOT, 12, 80]] });
  assert.is(place(restoring, half), 'restoring');
});

/** The end of one job that was open before. */
const jobEnds = (more: Properties): Event[] => [
  jobEvent({ ...more, State: 'running' }),
  jobEvent({ CurrentTitle: 'Volcán', ...more }),
];

test('the end of a job makes lists be read again, but for a backup, which has news of its own', () => {
  for (const Kind of ['restore', 'restore-entry', 'keep', 'fetch', 'pins', 'offers']) {
    for (const State of ['done', 'failed', 'cancelled']) {
      assert.equal(ending(...jobEnds({ Kind, State }))[1], ALL, `${Kind} ${State}`);
    }
  }
  for (const State of ['done', 'failed', 'cancelled']) {
    assert.equal(ending(...jobEnds({ Kind: 'backup', State }))[1], [], State);
  }
});

test('a success is told with its title where a child waits for it', () => {
  const told = (more: Properties) => {
    const { alert } = after(agentEvent({}), ...jobEnds({ State: 'done', ...more })).state;
    return alert?.type === 'news' ? [alert.what, alert.title, alert.until - NOW] : null;
  };
  assert.equal(told({ Kind: 'keep' }), ['kept', 'Volcán', 6]);
  assert.equal(told({ Kind: 'fetch' }), ['fetched', 'Volcán', 6]);
  assert.equal(told({ Kind: 'backup' }), null);
  assert.equal(told({ Kind: 'pins' }), null);
  assert.equal(told({ Kind: 'offers' }), null);
  assert.equal(told({ Kind: 'restore', Summary: { restored: 3 } }), null, 'it has a screen');
  const entry = (Summary: object) => told({ Kind: 'restore-entry', Summary })?.[0];
  assert.is(entry({}), 'came-back');
  assert.is(entry({ beside: 1, restored: 1, problems: 1, alreadyHere: 1 }), 'came-beside');
  assert.is(entry({ restored: 1, problems: 1, alreadyHere: 1 }), 'came-back');
  assert.is(entry({ problems: 1, alreadyHere: 1 }), 'trouble');
  assert.is(entry({ alreadyHere: 1 }), 'here-already');
  for (const Kind of ['keep', 'fetch', 'restore-entry', 'pins', 'backup']) {
    assert.is(told({ Kind, State: 'cancelled' }), null, `${Kind}: whoever cancelled it knows`);
  }
});

test('a failure is told once, where it is not on the screen anyway', () => {
  const failed = (Kind: string, code: string) =>
    jobEnds({ Kind, State: 'failed', Problem: [code, '', ''] });
  const told = (...events: Event[]) => ending(...events)[0];
  assert.is(told(...failed('backup', 'server-full')), null, 'the first screen has it');
  assert.is(told(entries, ...failed('backup', 'server-full')), 'school-full');
  assert.is(told(...failed('keep', 'server-full')), 'school-full');
  assert.is(told(...failed('restore', 'server-full')), null, 'its own screen has it');
  assert.is(told(...failed('keep', 'over-quota')), 'not-yet');
  assert.is(told(...failed('pins', 'over-quota')), 'pins-full');
  for (const code of ['server-refused', 'not-found', 'over-quota']) {
    assert.is(told(...failed('offers', code)), 'not-offered', code);
  }
  const { alert } = after(...failed('keep', 'damaged')).state;
  assert.is(alert?.type === 'news' && alert.title, 'Volcán');
});

test('pins that failed are shown as the school has them, others as they were asked for', () => {
  const noted: Event = { type: 'act', act: { type: 'pin', snapshot: '', uid: UID } };
  const fails = (Kind: string) =>
    jobEnds({ Kind, State: 'failed', Problem: ['over-quota', '', ''] });
  assert.equal(after(noted, ...fails('pins')).state.pinning, {});
  assert.equal(after(noted, ...fails('keep')).state.pinning, { [UID]: true });
  const news = after(noted, did(PIN, 'later'), ...fails('pins')).state;
  assert.equal(news.pinning, {}, 'news can not be undone');
});

test('a job ends once, and only if it was seen open', () => {
  const ended = jobEvent({ Kind: 'keep', State: 'done' });
  assert.equal(ending(ended), [null, []], 'it ended before anybody looked');
  const read: Event = { type: 'answer', question: { type: 'pins' }, value: [] };
  const twice = ending(jobEvent({ Kind: 'keep' }), ended, read, ended);
  assert.not(twice[1].includes('pins'), 'its second end changes nothing');
  assert.equal(ending(jobEvent({ Kind: 'keep' }), jobEvent({ Kind: 'keep', State: 'waiting' })), [
    null,
    [],
  ]);
});

test('the latest failure of a backup stays until one works, is cancelled, or is read', () => {
  const failed = jobEvent({ State: 'failed', Problem: ['server-full', '', ''] });
  const failure = (...events: Event[]) => after(agentEvent({}), failed, ...events).state.failure;
  assert.is(failure(), 'server-full');
  assert.is(failure(jobEvent({ State: 'running' })), 'server-full');
  assert.is(failure(jobEvent({ Kind: 'keep', State: 'done' })), 'server-full');
  assert.is(
    failure(jobEvent({ Kind: 'keep', State: 'failed', Problem: ['busy', '', ''] })),
    'server-full',
  );
  assert.is(failure(jobEvent({ State: 'done' })), '');
  assert.is(failure(jobEvent({ State: 'cancelled' })), '');
  assert.is(failure({ type: 'act', act: { type: 'dismiss' } }), '');
  assert.is(failure(agentEvent({ LastBackup: NOW })), '', 'one worked that nobody saw');
  assert.is(failure(agentEvent({ State: 'asking' })), 'server-full');
});

test('the result of a restore is kept for its own screen, and for no other', () => {
  const done = jobEvent({ Kind: 'restore', Snapshot: SNAPSHOT, State: 'done' });
  const ended = (...events: Event[]) => after(agentEvent({}), ...events).state.ended;
  assert.equal(
    ended(restoring, done),
    readJob({
      ...{ Kind: 'restore', Snapshot: SNAPSHOT, State: 'done', EntriesTotal: 80 },
    }),
  );
  assert.is(ended(done), null);
  assert.is(ended(restoring, jobEvent({ Kind: 'restore' })), null);
  assert.is(ended(restoring, jobEvent({ Kind: 'keep', State: 'done' })), null);
  assert.is(ended(restoring, done, jobEvent({ Kind: 'restore' }, 2))?.state, 'done');
});

test('what was asked for is expected until it is seen', () => {
  const until = (...events: Event[]) => after(agentEvent({}), restoring, ...events).state;
  assert.is(until().expectedUntil, NOW + 20);
  assert.is(until(jobEvent({ Kind: 'restore' })).expectedUntil, 0);
  assert.is(until(jobEvent({ Kind: 'keep' })).expectedUntil, NOW + 20);
});

test('how long a job has been under way counts from when it was first seen', () => {
  const later: Event = { type: 'tick', now: NOW + 9 };
  const { state } = after(agentEvent({}), jobEvent({}), later, jobEvent({}), jobEvent({}, 2));
  assert.equal(state.since, { [JOB]: NOW, [OTHER]: NOW + 9 });
  const listed = after(jobEvent({}), jobEvent({}, 2), agentEvent({ Jobs: [OTHER] })).state;
  assert.equal([Object.keys(listed.jobs), Object.keys(listed.since)], [[OTHER], [OTHER]]);
});

test.run();
