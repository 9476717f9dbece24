/**
 * A stand-in for the agent, for looking at the activity alone: the whole of `org.sugarlabs.Backup1`
 * (PROTOCOL.md) over a made-up Journal. What it says is set from outside through
 * `org.sugarlabs.Backup1.Script`, so that every screen can be seen.
 *
 *     node --import tsx test/activity/scripted-agent.ts [entries]
 */
import { crc32, deflateSync } from 'node:zlib';
import dbus, { type MessageBus, Variant } from 'dbus-next';
import { FACE, JOB_FACE, METHODS, PROPERTIES } from './agent-face.ts';

const PATH = '/org/sugarlabs/Backup1';
const DAY = 86_400;
const TITLES = [
  'Mi casa',
  'Volcán',
  'TurtleArt',
  'La luna y el sol',
  'Ana y Luis',
  'Río',
  'My dog',
];
const KINDS = [
  ['org.laptop.WebActivity', 'text/html'],
  ['org.laptop.AbiWordActivity', 'application/vnd.oasis.opendocument.text'],
  ['org.laptop.Pippy', 'text/x-python'],
  ['', 'image/png'],
  ['', 'audio/ogg'],
  ['org.laptop.Calculate', 'text/plain'],
] as const;
const COLORS = ['#FF2B34,#005FE4', '#00A0FF,#8BFF7A', '#FFC169,#FFFA00', '#9900E6,#F8E800'];

interface Entry {
  uid: string;
  title: string;
  kind: number;
  timestamp: number;
  bytes: number;
  pinned: boolean;
  here: string;
}

interface JobState {
  path: string;
  properties: Record<string, Variant>;
  timer?: NodeJS.Timeout;
}

type Options = Record<string, Variant>;

const s = (value: string) => new Variant('s', value);
const u = (value: number) => new Variant('u', value);
const t = (value: number) => new Variant('t', BigInt(value));
const x = (value: number) => new Variant('x', BigInt(Math.floor(value)));
const now = () => Math.floor(Date.now() / 1000);

function makeEntries(count: number): Entry[] {
  return Array.from({ length: count }, (_, n) => ({
    uid: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    title: `${TITLES[n % TITLES.length]} ${n % 3 === 0 ? '' : n}`.trim(),
    kind: n % KINDS.length,
    timestamp: now() - Math.floor((n * n * 60) / 7) - 90,
    bytes: 900 + ((n * 7919) % 300_000),
    pinned: n % 9 === 2,
    here: ['same', 'same', 'different', 'absent'][n % 4] ?? 'same',
  }));
}

class ScriptedAgent {
  readonly bus: MessageBus;
  readonly entries: Entry[];
  readonly properties: Record<string, Variant>;
  readonly jobs: JobState[] = [];
  /** Method → error code it answers with. */
  readonly failing = new Map<string, string>();
  speedMs = 120;

  constructor(bus: MessageBus, count: number) {
    this.bus = bus;
    this.entries = makeEntries(count);
    this.properties = {
      ...PROPERTIES(),
      State: s('safe'),
      Reasons: new Variant('as', ['done']),
      LastBackup: x(now() - 3 * 3600),
      LastSnapshot: s(snapshotOf(0)),
      Registration: s('accepted'),
      Serial: s('CSN74803BB1'),
      Server: s('schoolserver'),
      SafeEntries: u(count),
      TotalEntries: u(count),
      PinnedBytes: t(1_300_000),
      PinLimit: t(4_000_000),
    };
  }

  set(changed: Record<string, Variant>): void {
    Object.assign(this.properties, changed);
    this.changed(PATH, FACE, changed);
  }

  changed(path: string, face: string, changed: Record<string, Variant>): void {
    const message = dbus.Message.newSignal(
      path,
      'org.freedesktop.DBus.Properties',
      'PropertiesChanged',
      'sa{sv}as',
      [face, changed, []],
    );
    this.bus.send(message);
  }

  startJob(kind: string, total: number, more: Options = {}): string {
    const path = `${PATH}/job/${this.jobs.length + 1}`;
    const job: JobState = {
      path,
      properties: {
        ...progressOf(0, total),
        ...{
          Kind: s(kind),
          State: s('running'),
          Reasons: new Variant('as', []),
          Of: s(''),
          Snapshot: s(snapshotOf(0)),
          Entry: s(''),
        },
        ...{ Problem: new Variant('(sss)', ['', '', '']), Summary: new Variant('a{sv}', {}) },
        ...more,
      },
    };
    this.jobs.push(job);
    this.set({
      Jobs: new Variant(
        'ao',
        this.jobs.map((known) => known.path),
      ),
      State: s(kind === 'backup' ? 'sending' : 'restoring'),
    });
    let done = 0;
    job.timer = setInterval(() => {
      done += 1;
      const entry = this.entries[done % this.entries.length];
      this.update(job, {
        ...progressOf(done, total),
        CurrentEntry: s(entry?.uid ?? ''),
        CurrentTitle: s(entry?.title ?? ''),
      });
      if (done >= total) this.endJob(job, 'done', total);
    }, this.speedMs);
    return path;
  }

  update(job: JobState, changed: Record<string, Variant>): void {
    Object.assign(job.properties, changed);
    this.changed(job.path, JOB_FACE, changed);
  }

  endJob(job: JobState, state: string, total: number): void {
    clearInterval(job.timer);
    const summary = { restored: u(total), beside: u(1), alreadyHere: u(2), problems: u(0) };
    this.update(job, { State: s(state), Summary: new Variant('a{sv}', summary) });
    this.bus.send(dbus.Message.newSignal(job.path, JOB_FACE, 'Finished', 's', [state]));
    this.set({ State: s('safe'), Reasons: new Variant('as', ['done']) });
  }

  cancel(): void {
    for (const job of this.jobs) {
      if (job.properties.State?.value !== 'running') continue;
      const { EntriesDone, EntriesTotal, Kind, Of, Snapshot } = job.properties;
      this.endJob(job, 'cancelled', 0);
      if (Kind?.value !== 'restore') continue;
      const unfinished = [Of?.value, Snapshot?.value, EntriesDone?.value, EntriesTotal?.value];
      this.set({ Unfinished: new Variant('a(ssuu)', [unfinished]) });
    }
  }

  row(entry: Entry): Options {
    const [activity, mimeType] = KINDS[entry.kind] ?? KINDS[0];
    return {
      ...{
        uid: s(entry.uid),
        digest: s('0'.repeat(64)),
        title: s(entry.title),
        'mime-type': s(mimeType),
      },
      ...{
        activity: s(activity),
        color: s(COLORS[entry.kind % COLORS.length] ?? ''),
        timestamp: x(entry.timestamp),
      },
      ...{ bytes: t(entry.bytes), pinned: new Variant('b', entry.pinned), here: s(entry.here) },
    };
  }
}

function progressOf(done: number, total: number): Record<string, Variant> {
  return {
    ...{ Phase: s('sending'), EntriesDone: u(done), EntriesTotal: u(total) },
    ...{ BytesDone: t(done * 1000), BytesTotal: t(total * 1000) },
    ...{ CurrentEntry: s(''), CurrentTitle: s(''), TimeLeft: new Variant('(uu)', [300, 600]) },
  };
}

function snapshotOf(daysBack: number): string {
  const day = new Date((now() - daysBack * DAY) * 1000).toISOString();
  return `datastore-${day.slice(0, 10)}_${day.slice(11, 16)}`;
}

/** What each method answers. */
function answers(agent: ScriptedAgent): Record<string, (...args: never[]) => unknown> {
  const find = (uid: string) => agent.entries.find((entry) => entry.uid === uid);
  const pin = (uid: string, pinned: boolean) => {
    const entry = find(uid);
    if (entry) entry.pinned = pinned;
    agent.set({ PinnedBytes: t(pinned ? 1_500_000 : 1_100_000) });
    return 'done';
  };
  return {
    BackUpNow: () => agent.startJob('backup', 60),
    Pause: () => agent.set({ State: s('paused'), Reasons: new Variant('as', ['paused']) }),
    Resume: () => agent.set({ State: s('safe'), Reasons: new Variant('as', ['done']) }),
    Cancel: () => agent.cancel(),
    Retry: () => agent.startJob('backup', 60),
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
    ListEntries: (_of: never, _snapshot: never, search: string, offset: number, limit: number) => {
      const found = agent.entries.filter(({ title }) =>
        title.toLowerCase().includes(search.toLowerCase()),
      );
      return [found.length, found.slice(offset, offset + limit).map((entry) => agent.row(entry))];
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
        ...(entry && agent.row(entry)),
        description: s('Hecho en clase con Ana'),
        tags: s('río sol'),
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
    RestoreAll: (of: string, snapshot: string) => {
      agent.set({ Unfinished: new Variant('a(ssuu)', []) });
      return agent.startJob('restore', 80, { Of: s(of), Snapshot: s(snapshot || snapshotOf(0)) });
    },
    RestoreEntry: (_of: never, _snapshot: never, uid: string) =>
      agent.startJob('restore-entry', 1, { Entry: s(uid) }),
    ForgetRestore: () => agent.set({ Unfinished: new Variant('a(ssuu)', []) }),
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
    ListAtSchool: () => [
      {
        uid: s('11111111-0000-4000-8000-000000000000'),
        title: s('Película larga'),
        bytes: t(44_000_000),
      },
    ],
    WebLink: () => 'http://schoolserver/ds-restore/?x=1',
  };
}

/** A small PNG whose colours depend on the number. */
function preview(n: number): Buffer {
  const [width, height] = [120, 90];
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let at = 0; at < width; at += 1) {
      const [hit, base] = [(at * (n % 7) + y * 3) % 40 < 12, y * (width * 3 + 1) + 1 + at * 3];
      rows.set(
        hit ? [40 + ((n * 53) % 200), 90, 40 + ((n * 97) % 200)] : [240, 240, 235 - (n % 60)],
        base,
      );
    }
  }
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  };
  const head = Buffer.from([0, 0, 0, width, 0, 0, 0, height, 8, 2, 0, 0, 0]);
  const magic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    magic,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Takes the agent's name on the session bus and answers until it is ended. */
async function serve(count: number): Promise<void> {
  const bus = dbus.sessionBus();
  const agent = new ScriptedAgent(bus, count);
  const methods = answers(agent) as Record<string, (...args: unknown[]) => unknown>;
  const answerProperties = (message: dbus.Message): Record<string, Variant> | undefined => {
    if (message.path === PATH) return agent.properties;
    return agent.jobs.find(({ path }) => path === message.path)?.properties;
  };
  bus.addMethodHandler((message: dbus.Message) => {
    const reply = (signature: string, body: unknown[]) => {
      bus.send(dbus.Message.newMethodReturn(message, signature, body));
      return true;
    };
    const member = message.member ?? '';
    if (member === 'GetAll') return reply('a{sv}', [answerProperties(message) ?? {}]);
    if (message.interface === `${FACE}.Script`) {
      const [name, value] = message.body as [string, Variant];
      if (member === 'Set') agent.set({ [name]: value });
      else if (member === 'Fail') agent.failing.set(name, String(value.value));
      else if (member === 'Mend') agent.failing.clear();
      else if (member === 'Speed') agent.speedMs = Number(value.value);
      else process.exit(9);
      return reply('', []);
    }
    const method = methods[member];
    const signature = METHODS[member];
    if (!method || signature === undefined) return false;
    const failure = agent.failing.get(member) ?? agent.failing.get('*');
    if (failure) {
      const name = failure.replace(/(^|-)([a-z])/g, (_, __, letter: string) =>
        letter.toUpperCase(),
      );
      bus.send(
        new dbus.Message({
          type: dbus.MessageType.ERROR,
          // The library takes the number; its types say text.
          replySerial: message.serial as never,
          destination: message.sender,
          errorName: `${FACE}.Error.${name}`,
          signature: 's',
          body: ['The school does not answer\nTry later'],
        }),
      );
      return true;
    }
    const result = method(...message.body);
    return reply(
      signature,
      signature === '' ? [] : /^(ua|aa\{sv\}t)/.test(signature) ? (result as unknown[]) : [result],
    );
  });
  await bus.requestName(FACE, 0);
  process.stdout.write('serving\n');
}

await serve(Number(process.argv[2] ?? 5000));
