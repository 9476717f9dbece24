/** Scenes of the first screen, and what the scenes of all screens are made of. */
import { TELL_TIME_AFTER_S } from '../../../activity/model/screens/job.ts';
import type { Event } from '../../../activity/model/state/event.ts';
import type { Place } from '../../../activity/model/state/state.ts';
import { agentEvent, jobEvent, NOW, type Properties, SNAPSHOT, UID } from '../viewer.ts';

export type Scene = readonly [name: string, ...events: Event[]];

export const go = (place: Place): Event => ({ type: 'go', place });
export const later = (seconds: number): Event => ({ type: 'tick', now: NOW + seconds });
export const absent: Event = absentAfter({});

/** The agent that said this is gone. */
export function absentAfter(properties: Properties): Event {
  const event = agentEvent(properties) as Extract<Event, { type: 'agent' }>;
  return { ...event, agent: { ...event.agent, presence: 'absent' } };
}

export const UNFINISHED = { Unfinished: [['', SNAPSHOT, 30, 80]] };
export const BATTERY = { State: 'waiting', Reasons: ['battery'] };
const DUE = { State: 'due', SafeEntries: 12 };
export const PENDING = { Registration: 'pending', PairingCode: '047111' };

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
  'paused, before the teacher came': { State: 'paused', Reasons: ['paused'], ...PENDING },
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
  'waiting for the battery, before the teacher came': { ...BATTERY, ...PENDING },
  'waiting for the battery, not confirmed': {
    ...{ ...BATTERY, ServerTrust: 'unconfirmed', PairingCode: '047111' },
  },
  'waiting without a network': { State: 'waiting', Reasons: ['no-network', 'battery'] },
  'resting after a stop': { State: 'waiting', Reasons: ['paused'] },
  'waiting after a problem': {
    ...{ State: 'waiting', Reasons: ['problem'], Problem: ['damaged', 'm', 'h'] },
  },
  'waiting while the disk at school does not work': {
    ...{ State: 'waiting', Reasons: ['problem'], Problem: ['server-trouble', 'm', 'h'] },
  },
  'waiting for the teacher': { State: 'waiting', Reasons: ['teacher'], ...PENDING },
  'waiting for the teacher, no digits': { State: 'waiting', Reasons: ['teacher'] },
  'the laptop is full': { State: 'waiting', Reasons: ['laptop-full'] },
  'the place at school is full': { State: 'waiting', Reasons: ['over-quota'] },
  'another school': { State: 'waiting', Reasons: ['untrusted-server'] },
  held: { Held: SNAPSHOT },
  'a state from the future': { State: 'dancing', Reasons: ['moonlight'] },
};

const FAILED = [agentEvent({}), backup({}), backup(failed('server-unreachable'))];

/** A backup whose time is known, `seconds` after its begin. */
function timed(seconds: number): readonly Event[] {
  return [agentEvent({ State: 'sending' }), backup({ TimeLeft: [300, 600] }), later(seconds)];
}

const JOBS: readonly Scene[] = [
  ['a backup moves', agentEvent({ State: 'sending' }), backup({ EntriesDone: 20 }), later(5)],
  [
    'a backup moves, time known',
    agentEvent({ ...DUE, State: 'sending', TotalEntries: 100 }),
    backup({ EntriesDone: 20, CurrentTitle: 'Volcán', TimeLeft: [300, 600] }),
    later(60),
  ],
  [
    'a backup moves, the Journal is not counted yet',
    ...[agentEvent({ State: 'sending', SafeEntries: 0, TotalEntries: 0 })],
    backup({ EntriesDone: 20 }),
  ],
  ['a backup moves, just long enough', ...timed(TELL_TIME_AFTER_S)],
  ['a backup moves, not quite long enough', ...timed(TELL_TIME_AFTER_S - 1)],
  [
    'a backup moves, after one that ended long ago',
    ...[agentEvent({ State: 'sending' }), backup({}), backup({ State: 'done' }), later(60)],
    jobEvent({ Kind: 'backup', TimeLeft: [300, 600] }, 2),
  ],
  [
    'a backup moves, and pins have just been added',
    ...[agentEvent({ State: 'sending' }), backup({ TimeLeft: [300, 600] }), later(60)],
    jobEvent({ Kind: 'pins', State: 'waiting' }, 2),
  ],
  ['the backup waits', agentEvent(BATTERY), backup(BATTERY)],
  ['the backup failed', ...FAILED],
  ['the backup failed, and another waits', ...FAILED, agentEvent(BATTERY)],
  ['the backup failed, then the agent went', ...FAILED, absent],
  [
    'the backup failed at another school, and a restore is half way',
    ...[agentEvent(UNFINISHED), backup({}), backup(failed('untrusted-server'))],
    go({ type: 'status' }),
  ],
  ['the failed backup is read', ...[...FAILED, { type: 'act', act: { type: 'dismiss' } } as const]],
  ['a backup was just confirmed', agentEvent(DUE), backup({}), backup({ State: 'done' })],
  [
    'a backup was confirmed long ago',
    ...[agentEvent(DUE), agentEvent({ ...DUE, LastBackup: NOW }), later(10)],
  ],
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

export function failed(code: string): Properties {
  return { State: 'failed', Problem: [code, 'message', 'hint'] };
}

/** The first screen by what the agent says, and with jobs. */
export const STATUS_SCENES: readonly Scene[] = [
  ...Object.entries(AGENTS).map(([name, properties]): Scene => [name, agentEvent(properties)]),
  ...JOBS,
];
