/**
 * Scenes of the activity: what happened before each. `storyboard.txt` has what each then shows, as it was
 * looked at; `storyboard.test.ts` compares.
 */
import {
  readDays,
  readDetails,
  readPins,
  readPlan,
} from '../../../activity/model/state/answers.ts';
import type { Event } from '../../../activity/model/state/event.ts';
import type { Place } from '../../../activity/model/state/state.ts';
import {
  agentEvent,
  entries,
  jobEvent,
  NOW,
  type Properties,
  page,
  row,
  SNAPSHOT,
  UID,
} from '../viewer.ts';

export type Scene = readonly [name: string, ...events: Event[]];

const JOB = '/org/sugarlabs/Backup1/job/1';
const OLD = 'CSN00000AAA';
/** Eleven o'clock in Greenwich: the same day nearly everywhere. */
const dayBefore = (days: number) => Date.parse('2026-09-21T11:00:00Z') / 1000 - days * 86_400;
const go = (place: Place): Event => ({ type: 'go', place });
const later = (seconds: number): Event => ({ type: 'tick', now: NOW + seconds });
const absent: Event = {
  ...agentEvent({}),
  agent: { ...(agentEvent({}) as Extract<Event, { type: 'agent' }>).agent, presence: 'absent' },
} as Event;

const UNFINISHED = { Unfinished: [['', SNAPSHOT, 30, 80]] };
const BATTERY = { State: 'waiting', Reasons: ['battery'] };
const DUE = { State: 'due', SafeEntries: 12 };
const PENDING = { Registration: 'pending', PairingCode: '047111' };

const AGENTS: Readonly<Record<string, Properties>> = {
  'all is safe': {},
  'all is safe, not confirmed': { ServerTrust: 'unconfirmed', PairingCode: '047111' },
  'all is safe, confirmed': { ServerTrust: 'confirmed' },
  'all is safe, key given': { ServerTrust: 'given' },
  'all is safe, and due': { State: 'due' },
  'never at school': { LastBackup: 0, LastSnapshot: '', ...DUE, SafeEntries: 0 },
  'an empty Journal': { SafeEntries: 0, TotalEntries: 0 },
  'some are not safe': DUE,
  paused: { State: 'paused', Reasons: ['paused'] },
  asking: { State: 'asking' },
  'sending, nothing known': { State: 'sending' },
  confirming: { State: 'confirming' },
  restoring: { State: 'restoring' },
  'queued, third, at a time': {
    ...{ State: 'queued', Reasons: ['queue'], QueuePlace: 3, QueuedUntil: NOW + 900 },
  },
  'in the queue, place unknown': { State: 'queued', Reasons: ['queue'] },
  'the school is busy, and named a time': {
    ...{ State: 'queued', Reasons: ['server-busy'], QueuedUntil: NOW + 900 },
  },
  'waiting for the battery': BATTERY,
  'waiting without a network': { State: 'waiting', Reasons: ['no-network', 'battery'] },
  'resting after a stop': { State: 'waiting', Reasons: ['paused'] },
  'waiting after a problem': {
    ...{ State: 'waiting', Reasons: ['problem'], Problem: ['damaged', 'm', 'h'] },
  },
  'waiting for the teacher': { State: 'waiting', Reasons: ['teacher'], ...PENDING },
  'waiting for the teacher, no digits': { State: 'waiting', Reasons: ['teacher'] },
  'the laptop is full': { State: 'waiting', Reasons: ['laptop-full'] },
  'the place at school is full': { State: 'waiting', Reasons: ['over-quota'] },
  'another school': { State: 'waiting', Reasons: ['untrusted-server'] },
  held: { Held: SNAPSHOT },
  'a state from the future': { State: 'dancing', Reasons: ['moonlight'] },
};

const JOBS: readonly Scene[] = [
  ['a backup moves', agentEvent({ State: 'sending' }), backup({ EntriesDone: 20 }), later(5)],
  [
    'a backup moves, time known',
    agentEvent({ ...DUE, State: 'sending', TotalEntries: 100 }),
    backup({ EntriesDone: 20, CurrentTitle: 'Volcán', TimeLeft: [300, 600] }),
    later(60),
  ],
  ['the backup waits', agentEvent(BATTERY), backup(BATTERY)],
  ['the backup failed', agentEvent({}), backup({}), backup(failed('server-unreachable'))],
  [
    'the failed backup is read',
    ...[agentEvent({}), backup({}), backup(failed('server-unreachable'))],
    { type: 'act', act: { type: 'dismiss' } },
  ],
  ['a backup was just confirmed', agentEvent(DUE), backup({}), backup({ State: 'done' })],
  ['one entry comes', agentEvent({}), jobEvent({ Kind: 'restore-entry', Entry: UID })],
  [
    'one entry waits',
    ...[agentEvent(BATTERY), jobEvent({ Kind: 'restore-entry', Entry: UID, ...BATTERY })],
  ],
  ['keeping waits', agentEvent(BATTERY), jobEvent({ Kind: 'keep', Entry: UID, ...BATTERY })],
  ['a restore waits', agentEvent(BATTERY), jobEvent({ Kind: 'restore', ...BATTERY })],
  ['pins wait', agentEvent(BATTERY), jobEvent({ Kind: 'pins', ...BATTERY })],
];

function backup(properties: Properties): Event {
  return jobEvent({ Kind: 'backup', ...properties });
}

function failed(code: string): Properties {
  return { State: 'failed', Problem: [code, 'message', 'hint'] };
}

function restore(properties: Properties = {}): Event {
  return jobEvent({ Kind: 'restore', Of: '', Snapshot: SNAPSHOT, ...properties });
}

const RESTORING = go({ type: 'restoring', of: '', snapshot: SNAPSHOT });
const SUMMARY = { restored: 0, beside: 0, alreadyHere: 0, problems: 0 };
const ended = (summary: Properties): readonly Event[] => [
  ...[agentEvent({}), RESTORING, restore()],
  restore({ State: 'done', Summary: { ...SUMMARY, ...summary } }),
];

const RESTORES: readonly Scene[] = [
  ['nothing is on its way', agentEvent({}), RESTORING],
  ['before the agent answers', RESTORING],
  ['without an agent', absent, RESTORING],
  [
    'asked for, not there yet',
    ...[agentEvent({}), go({ type: 'go', of: '', snapshot: SNAPSHOT })],
    { type: 'act', act: { type: 'restore-all', of: '', snapshot: SNAPSHOT } },
  ],
  ['the restore begins', agentEvent({}), RESTORING, restore({ EntriesTotal: 0 })],
  ['it moves', agentEvent({}), RESTORING, restore({ EntriesDone: 20 }), later(5)],
  [
    'it moves, time known',
    ...[agentEvent({}), RESTORING],
    restore({
      ...{ EntriesDone: 20, CurrentEntry: UID, CurrentTitle: 'Volcán', TimeLeft: [300, 600] },
    }),
    later(60),
  ],
  ['it waits for power', agentEvent(BATTERY), RESTORING, restore({ EntriesDone: 20, ...BATTERY })],
  [
    'it is paused',
    ...[agentEvent({}), RESTORING, restore({ State: 'waiting', Reasons: ['paused'] })],
  ],
  [
    'it waits for the teacher',
    ...[agentEvent(PENDING), RESTORING, restore({ State: 'waiting', Reasons: ['teacher'] })],
  ],
  [
    'of another laptop, named by its serial',
    agentEvent({}),
    go({ type: 'restoring', of: OLD, snapshot: '' }),
    ...[restore({ EntriesDone: 1 }), jobEvent({ Kind: 'restore', Of: OLD, EntriesDone: 2 }, 2)],
  ],
  [
    'of this laptop, named by its serial',
    agentEvent({}),
    go({ type: 'restoring', of: 'CSN74803BB1', snapshot: SNAPSHOT }),
    restore({ EntriesDone: 1 }),
  ],
  [
    'of another day',
    ...[agentEvent({}), RESTORING, restore({ Snapshot: 'datastore-2026-01-01_08:00' })],
  ],
  [
    'it failed half way',
    agentEvent({}),
    RESTORING,
    restore({ EntriesDone: 9 }),
    restore(stopped()),
  ],
  ['it was cancelled', agentEvent({}), RESTORING, restore(), restore({ State: 'cancelled' })],
  ['remembered half way', agentEvent(UNFINISHED), RESTORING],
  ['another one is remembered', agentEvent({ Unfinished: [[OLD, SNAPSHOT, 1, 2]] }), RESTORING],
  [
    'the newest is remembered',
    agentEvent(UNFINISHED),
    go({ type: 'restoring', of: '', snapshot: '' }),
  ],
  ['all came', ...ended({ restored: 80 })],
  ['one came', ...ended({ restored: 1, alreadyHere: 1 })],
  ['all came beside', ...ended({ beside: 2, alreadyHere: 3 })],
  ['nothing was needed', ...ended({ alreadyHere: 80 })],
  ['some could not come', ...ended({ restored: 3, problems: 2 })],
  ['none could come', ...ended({ problems: 1 })],
];

function stopped(): Properties {
  return { EntriesDone: 9, ...failed('pending-approval') };
}

const DAYS: Event = {
  type: 'answer',
  question: { type: 'days', of: '' },
  value: readDays(
    [0, 0.04, 3, 33, 400].map((back) => ({
      snapshot: `datastore-${back}`,
      ...{ created: dayBefore(back), entries: back === 3 ? 1 : 40, bytes: 2e6 },
    })),
  ),
};
const LAPTOPS: Event = {
  type: 'answer',
  question: { type: 'laptops' },
  value: [
    { serial: 'CSN74803BB1', nick: 'Jocinta', color: '#FF2B34,#005FE4', replaced: false },
    { serial: OLD, nick: '', color: 'no colours', replaced: true },
  ],
};
const NO_DAYS: Event = { ...DAYS, value: [] } as Event;
const AWAY: Event = {
  ...{ type: 'no-answer', question: { type: 'days', of: '' }, code: 'server-unreachable' },
};
const when = (chosen = '', month = 0): Event => go({ type: 'when', of: '', chosen, month });

function planOf(properties: Properties, snapshot = SNAPSHOT): Event {
  const all = { snapshot, entries: 80, bytes: 12e6, here: 0, beside: 0, free: 1e9, samples: [UID] };
  return {
    ...{ type: 'answer', question: { type: 'plan', of: '', snapshot } },
    value: readPlan({ ...all, ...properties }),
  };
}

const GO = go({ type: 'go', of: '', snapshot: SNAPSHOT });
const CHOICES: readonly Scene[] = [
  ['whose, asking', agentEvent({}), go({ type: 'whose' })],
  ['whose', agentEvent({}), go({ type: 'whose' }), LAPTOPS],
  ['when, asking', agentEvent({}), when()],
  ['when, the school is away', agentEvent({}), when(), AWAY],
  ['when, nothing there', agentEvent({}), when(), NO_DAYS],
  ['when', agentEvent({}), when(), DAYS],
  ['when, an older day chosen', agentEvent({}), when('datastore-33'), DAYS],
  ['when, another month', agentEvent({}), when('', dayBefore(33)), DAYS],
  ['when, a month of another year', agentEvent({}), when('', dayBefore(365)), DAYS],
  ['go, asking', agentEvent({}), GO],
  ['go', agentEvent({}), GO, planOf({})],
  ['go, some are here', agentEvent({}), GO, planOf({ here: 14, beside: 1 })],
  ['go, no room', agentEvent({}), GO, planOf({ free: 1e6 })],
  ['go, empty', agentEvent({}), GO, planOf({ entries: 0, samples: [] })],
  ['go, one is not here', agentEvent({}), GO, planOf({ entries: 1, here: 0 })],
];

const search = (text: string): Event => ({ type: 'search', text });
const found = (total: number, snapshot = SNAPSHOT, text = 'fish'): Event => ({
  type: 'answer',
  question: { type: 'page', of: '', snapshot, search: text, page: 0 },
  value: { total, rows: [] },
});
const PINS: Event = pinsAnswer(2_500_000);

function pinsAnswer(
  used: number,
  limit = 4_000_000,
  pins: readonly Properties[] = pinRows(),
): Event {
  return { type: 'answer', question: { type: 'pins' }, value: readPins(pins, used, limit) };
}

function pinRows(): readonly Properties[] {
  return [
    { uid: UID, snapshot: SNAPSHOT, title: 'Volcán', bytes: 2e6, pinned: dayBefore(1) },
    {
      uid: row(2).uid,
      snapshot: SNAPSHOT,
      title: '',
      bytes: 5e5,
      pinned: dayBefore(9),
      later: true,
    },
  ];
}

const AT_SCHOOL: Event = {
  type: 'answer',
  question: { type: 'at-school' },
  value: [{ uid: String(row(3).uid), title: 'Película', bytes: 44e6 }],
};
const pin = { type: 'act', act: { type: 'unpin', uid: UID, title: 'Volcán' } } as const;
const pinsPlace = go({ type: 'pins' });
const detailsWith = (more: object): Event => ({
  type: 'answer',
  question: { type: 'details', of: '', snapshot: SNAPSHOT, uid: UID },
  value: readDetails({
    ...row(1),
    created: dayBefore(40),
    versions: [[SNAPSHOT, dayBefore(1), '1']],
    ...more,
  }),
});
const details = detailsWith({});
const entryPlace = go({ type: 'entry', of: '', snapshot: SNAPSHOT, uid: UID });
const onClassPage = (state: string): Scene => [
  `an entry, on the class page: ${state}`,
  ...[agentEvent({}), entryPlace, detailsWith({ 'class-page': state })],
];

const JOURNALS: readonly Scene[] = [
  ['days, asking', agentEvent({}), go({ type: 'days', of: '' })],
  ['days', agentEvent({}), go({ type: 'days', of: '' }), DAYS],
  ['days, none', agentEvent({}), go({ type: 'days', of: '' }), NO_DAYS],
  ['days of a search', agentEvent({}), go({ type: 'days', of: '', search: 'fish' }), DAYS],
  ['days of another laptop', agentEvent({}), go({ type: 'days', of: OLD })],
  ['entries, asking', agentEvent({}), entries],
  ['entries', agentEvent({}), entries, page(0, 3)],
  ['entries, none', agentEvent({}), entries, found(0, SNAPSHOT, '')],
  ['entries of a day known by its date', agentEvent({}), DAYS, entries, page(0, 3)],
  [
    'entries of another laptop',
    agentEvent({}),
    go({ type: 'entries', of: OLD, snapshot: SNAPSHOT, search: '' }),
  ],
  ['a search of one day', agentEvent({}), entries, search('fish'), found(1)],
  ['a search of one day finds nothing', agentEvent({}), entries, search('fish'), found(0)],
  ['a search of the newest', agentEvent({}), search('fish'), found(2, '')],
  ['an entry', agentEvent({}), entryPlace, details],
  ...['none', 'offered', 'approved', 'refused'].map(onClassPage),
  [
    'an entry was offered to the class',
    ...[agentEvent({}), entryPlace, detailsWith({ 'class-page': 'none' })],
    {
      ...{ type: 'did', result: 'offered' },
      effect: { type: 'offer', snapshot: SNAPSHOT, uid: UID },
    },
  ],
  ['pins, asking', agentEvent({}), pinsPlace],
  ['pins', agentEvent({}), pinsPlace, PINS, AT_SCHOOL],
  ['pins, a full jar', agentEvent({}), pinsPlace, pinsAnswer(3_950_000), AT_SCHOOL],
  ['pins, none', agentEvent({}), pinsPlace, pinsAnswer(0, 4_000_000, [])],
  ['pins, none may be', agentEvent({}), pinsPlace, pinsAnswer(0, 0, [])],
  ['pins, no limit known', agentEvent({}), pinsPlace, pinsAnswer(10, 0)],
  ['pins, one was just taken out', agentEvent({}), pinsPlace, PINS, AT_SCHOOL, pin],
];

const news = (code: string): Scene => [
  `a gesture is refused: ${code}`,
  agentEvent({}),
  entries,
  page(0, 3),
  {
    ...{ type: 'refused', code },
    effect: { type: 'pin', snapshot: SNAPSHOT, uid: UID },
  },
];

const OTHERS: readonly Scene[] = [
  ['starting'],
  ['no agent', absent],
  ['the first visit', { ...go({ type: 'welcome' }) }],
  ['it fell asleep', { ...agentEvent({}), agent: asleep() } as Event],
  ...['over-quota', 'laptop-full', 'server-unreachable', 'not-registered', 'server-full'].map(news),
  ...['untrusted-server', 'battery', 'only-copy', 'damaged', 'busy', 'something new'].map(news),
  [
    'stop a restore?',
    ...[agentEvent({}), RESTORING, restore()],
    { type: 'act', act: { type: 'stop', job: JOB } },
  ],
  ['after going back', agentEvent({}), entries, { type: 'back' }],
];

function asleep() {
  const { agent } = agentEvent({}) as Extract<Event, { type: 'agent' }>;
  return { ...agent, presence: 'asleep' as const };
}

export const SCENES: readonly Scene[] = [
  ...Object.entries(AGENTS).map(([name, properties]): Scene => [name, agentEvent(properties)]),
  ...JOBS,
  ...RESTORES,
  ...CHOICES,
  ...JOURNALS,
  ...OTHERS,
];
