/**
 * The answers of the scripted agent, over its made-up Journal.
 */
import { Variant } from 'dbus-next';
import type { MethodName } from '../../shared/backup-bus.ts';
import { DAY, now, rowOf, snapshotOf } from './scripted-journal.ts';
import { preview } from './scripted-picture.ts';
import { type ScriptedAgent, s, t, u, x } from './scripted-state.ts';

type Answer = (...args: never[]) => unknown;

/** What each method answers. */
export function answersOf(agent: ScriptedAgent): Record<MethodName, Answer> {
  return {
    ...workAnswers(agent),
    ...listAnswers(agent),
    ...entryAnswers(agent),
    ...pinAnswers(agent),
    ...classAnswers(agent),
  };
}

function workAnswers(agent: ScriptedAgent) {
  return {
    BackUpNow: () => agent.startJob('backup', 60),
    Pause: () => agent.set({ State: s('paused'), Reasons: new Variant('as', ['paused']) }),
    Resume: () => agent.set({ State: s('safe'), Reasons: new Variant('as', ['done']) }),
    Cancel: () => agent.cancel(),
    Retry: () => agent.startJob('backup', 60),
    Refresh: () => undefined,
    RestoreAll: (of: string, snapshot: string) => {
      agent.set({ Unfinished: new Variant('a(ssuu)', []) });
      return agent.startJob('restore', 80, { Of: s(of), Snapshot: s(snapshot || snapshotOf(0)) });
    },
    RestoreEntry: (_of: never, _snapshot: never, uid: string) =>
      agent.startJob('restore-entry', 1, { Entry: s(uid) }),
    ForgetRestore: () => agent.set({ Unfinished: new Variant('a(ssuu)', []) }),
    ListStandings: () => [{ uid: s('0'.repeat(36)), state: s('waiting') }],
    WebLink: () => 'http://schoolserver/ds-restore/?x=1',
  } satisfies Partial<Record<MethodName, Answer>>;
}

function listAnswers(agent: ScriptedAgent) {
  return {
    ListLaptops: () => [
      {
        serial: s('CSN74803BB1'),
        nick: s('Jocinta'),
        color: s('#FF2B34,#005FE4'),
        replaced: new Variant('b', false),
      },
      {
        serial: s('CSN00000AAA'),
        nick: s('Jocinta (XO)'),
        color: s('#00A0FF,#8BFF7A'),
        replaced: new Variant('b', true),
      },
    ],
    ListDays: () =>
      [0, 1, 2, 5, 6, 7, 12, 20, 33, 61].map((back) => ({
        snapshot: s(snapshotOf(back)),
        created: x(now() - back * DAY),
        entries: u(agent.entries.length),
        bytes: t(48_000_000 - back * 400_000),
      })),
  } satisfies Partial<Record<MethodName, Answer>>;
}

function entryAnswers(agent: ScriptedAgent) {
  const find = (uid: string) => agent.entries.find((entry) => entry.uid === uid);
  return {
    ListEntries: (_of: never, _snapshot: never, search: string, offset: number, limit: number) => {
      const found = agent.entries.filter(({ title }) =>
        title.toLowerCase().includes(search.toLowerCase()),
      );
      return [found.length, found.slice(offset, offset + limit).map((entry) => rowOf(entry))];
    },
    GetPreview: (_of: never, _snapshot: never, uid: string) => preview(Number(uid.slice(-6))),
    GetDetails: (_of: never, _snapshot: never, uid: string) => {
      const entry = find(uid) ?? agent.entries[0];
      const versions = [0, 2, 7, 33].map((back) => [
        snapshotOf(back),
        BigInt(now() - back * DAY),
        'a'.repeat(64),
      ]);
      return {
        ...(entry && rowOf(entry)),
        description: s('Hecho en clase con Ana'),
        tags: s('río sol'),
        'class-page': s(entry?.offered ?? 'none'),
        created: x(now() - 40 * DAY),
        versions: new Variant('a(sxs)', versions),
      };
    },
    PlanRestore: (_of: never, snapshot: string) => ({
      ...{
        snapshot: s(snapshot || snapshotOf(0)),
        entries: u(80),
        bytes: t(12_400_000),
        here: u(14),
        beside: u(3),
        free: t(1e9),
      },
      samples: new Variant(
        'as',
        agent.entries.slice(0, 4).map(({ uid }) => uid),
      ),
    }),
  } satisfies Partial<Record<MethodName, Answer>>;
}

function pinAnswers(agent: ScriptedAgent) {
  const find = (uid: string) => agent.entries.find((entry) => entry.uid === uid);
  const pin = (uid: string, pinned: boolean) => {
    const entry = find(uid);
    if (entry) entry.pinned = pinned;
    agent.set({ PinnedBytes: t(pinned ? 1_500_000 : 1_100_000) });
    return 'done';
  };
  return {
    ListPins: () => [
      agent.entries
        .filter(({ pinned }) => pinned)
        .slice(0, 40)
        .map((entry, n) => ({
          uid: s(entry.uid),
          snapshot: s(snapshotOf(2)),
          title: s(entry.title),
          bytes: t(entry.bytes),
          pinned: x(now() - n * 5 * DAY),
          later: new Variant('b', n === 1),
        })),
      agent.properties.PinnedBytes?.value,
      agent.properties.PinLimit?.value,
    ],
    Pin: (_snapshot: never, uid: string) => pin(uid, true),
    Unpin: (uid: string) => pin(uid, false),
    KeepAtSchool: () => agent.startJob('keep', 1),
    FetchBack: () => agent.startJob('fetch', 1),
    OpenInJournal: (of: string, snapshot: string) => {
      agent.set({ InJournal: new Variant('(sss)', ['open', of, snapshot]) });
      return 'School';
    },
    CloseInJournal: () => agent.set({ InJournal: new Variant('(sss)', ['closed', '', '']) }),
    ListAtSchool: () => [
      {
        uid: s('11111111-0000-4000-8000-000000000000'),
        title: s('Película larga'),
        bytes: t(44_000_000),
      },
    ],
  } satisfies Partial<Record<MethodName, Answer>>;
}

function classAnswers(agent: ScriptedAgent) {
  const find = (uid: string) =>
    agent.entries.find((entry) => entry.uid === uid) ?? agent.entries[0];
  return {
    ListClassOffers: () =>
      agent.entries
        .filter(({ offered }) => offered !== undefined)
        .map(({ uid, title, offered = '' }) => ({
          ...{ uid: s(uid), digest: s('a'.repeat(64)), snapshot: s(snapshotOf(2)) },
          ...{ title: s(title), state: s(offered) },
        })),
    OfferToClass: (_snapshot: never, uid: string) => {
      const entry = find(uid);
      if (entry) entry.offered ??= 'offered';
      return entry?.offered ?? 'offered';
    },
    ForMyClass: (_uid: never, yes: boolean) => [
      'For my class',
      yes ? 'Your teacher looks at it first.' : 'Your class does not see it any more.',
      yes ? 'Take it back' : '',
    ],
    TakeBackFromClass: (uid: string) => {
      const entry = find(uid);
      if (entry) delete entry.offered;
    },
  } satisfies Partial<Record<MethodName, Answer>>;
}
