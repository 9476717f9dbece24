import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../shared/journal/entry.ts';
import { MAX_ENTRIES } from '../../../shared/journal/sums.ts';
import {
  parseCompletion,
  parseEnrolAnswer,
  parseEnrolRequest,
  parseEntries,
  parseManifest,
  parseOutcome,
  parseQuietClaim,
  parseServerState,
  parseSnapshots,
} from '../../../shared/protocol/messages.ts';
import { refused } from '../refused.ts';

const test = suite('protocol');

const SERIAL = 'CSN74803BB1';
const RUN = '0123456789abcdef0123456789abcdef';
const UID = '3b1f6a52-9d0c-4c57-8a55-0f1e2d3c4b5a';
const DIGEST = digestOf('x');
const NAME = 'datastore-2026-11-22_14:05';

const completion = {
  format: 'ds-backup-completion',
  version: 1,
  serial: SERIAL,
  run: RUN,
  agent: '0.1.0',
  base: { sequence: 7, state: DIGEST },
  changed: [[UID, DIGEST]],
  removed: [UID.replace('3b', '4c')],
  state: DIGEST,
  entries: 12,
};
const manifest = {
  format: 'ds-backup-manifest',
  version: 1,
  serial: SERIAL,
  name: NAME,
  sequence: 8,
  run: RUN,
  created: '2026-11-22T14:05:09.000Z',
  source: 'agent',
  agent: '0.1.0',
  entries: 12,
  bytes: 34_567,
  changed: 1,
  removed: 1,
  state: DIGEST,
};
const summary = {
  name: NAME,
  sequence: 8,
  created: '2026-11-22T14:05:09.000Z',
  entries: 12,
  bytes: 34_567,
  state: DIGEST,
};
const entry = {
  uid: UID,
  digest: DIGEST,
  title: 'Mi dibujo',
  mimeType: null,
  activity: null,
  timestamp: 1_700_000_000,
  created: 1_690_000_000,
  color: '#FF2B34,#005FE4',
  bytes: 12,
  pinned: true,
};
const enrolment = { serial: SERIAL, uuid: 'a-b-c', key: 'ssh-ed25519 AAAA' };
const answer = { state: 'accepted', hostKey: 'ssh-ed25519 AAAA', sshPort: 22, login: 'ds-receive' };

interface Message {
  name: string;
  parse: (input: unknown) => unknown;
  good: object[];
  /** What is put in place of a field of the first good one → the field that the error must name. */
  bad: [change: Record<string, unknown>, field: string][];
}

const MESSAGES: Message[] = [
  {
    name: 'a completion file',
    parse: parseCompletion,
    good: [
      completion,
      { ...completion, base: null, changed: [], removed: [], entries: 0 },
      { ...completion, base: { sequence: 0, state: DIGEST } },
      { ...completion, base: { sequence: -3, state: DIGEST } },
    ],
    bad: [
      [{ format: 'ds-backup-manifest' }, 'format'],
      [{ version: 2 }, 'version'],
      [{ version: '1' }, 'version'],
      [{ serial: 'csn74803BB1' }, 'serial'],
      [{ serial: '../CSN74803BB1' }, 'serial'],
      [{ serial: [SERIAL] }, 'serial'],
      [{ run: RUN.toUpperCase() }, 'run'],
      [{ run: undefined }, 'run'],
      [{ agent: 'x'.repeat(201) }, 'agent'],
      [{ base: undefined }, 'base'],
      [{ base: { sequence: 1.5, state: DIGEST } }, 'base.sequence'],
      [{ base: { sequence: 2 ** 53, state: DIGEST } }, 'base.sequence'],
      [{ base: { sequence: 1 } }, 'base.state'],
      [{ base: { sequence: 1, state: DIGEST, x: 1 } }, 'base.x'],
      [{ changed: {} }, 'changed'],
      [{ changed: [[UID]] }, 'changed.0.1'],
      [{ changed: [[UID, DIGEST, 1]] }, 'changed.0.2'],
      [
        {
          changed: [
            [UID, DIGEST],
            ['..', DIGEST],
          ],
        },
        'changed.1.0',
      ],
      [{ changed: [[UID, 'x']] }, 'changed.0.1'],
      [{ changed: Array(50_000).fill([UID, DIGEST]) }, '(top)'],
      [{ changed: [[UID, DIGEST]], removed: [UID] }, '(top)'],
      [{ changed: [], removed: [UID, UID] }, '(top)'],
      [{ removed: ['../../etc'] }, 'removed.0'],
      [{ removed: [null] }, 'removed.0'],
      [{ removed: Array(MAX_ENTRIES + 1).fill(UID) }, 'removed'],
      [{ changed: Array(MAX_ENTRIES + 1).fill([UID, DIGEST]) }, 'changed'],
      [{ state: 'x' }, 'state'],
      [{ entries: '12' }, 'entries'],
      [{ entries: -1 }, 'entries'],
      [{ entries: MAX_ENTRIES + 1 }, 'entries'],
      [{ surprise: 1 }, 'surprise'],
    ],
  },
  {
    name: 'a manifest',
    parse: parseManifest,
    good: [
      manifest,
      { ...manifest, source: 'original', name: `${NAME}-2` },
      { ...manifest, source: 'adopted', sequence: -2 },
    ],
    bad: [
      [{ format: 'x' }, 'format'],
      [{ version: 0 }, 'version'],
      [{ serial: '' }, 'serial'],
      [{ name: '..' }, 'name'],
      [{ name: 'datastore-2026-02-30_10:00' }, 'name'],
      [{ sequence: 0.5 }, 'sequence'],
      [{ run: 1 }, 'run'],
      [{ created: 'yesterday' }, 'created'],
      [{ created: 1 }, 'created'],
      [{ source: 'restic' }, 'source'],
      [{ agent: null }, 'agent'],
      [{ entries: Number.NaN }, 'entries'],
      [{ bytes: Number.POSITIVE_INFINITY }, 'bytes'],
      [{ changed: -1 }, 'changed'],
      [{ removed: null }, 'removed'],
      [{ state: DIGEST.toUpperCase() }, 'state'],
      [{ surprise: 1 }, 'surprise'],
    ],
  },
  {
    name: 'the outcome of a run',
    parse: parseOutcome,
    good: [
      { state: 'done', snapshot: NAME, sequence: 8, digest: DIGEST },
      { state: 'unknown' },
      { state: 'ingesting' },
      { state: 'missing', missing: [UID] },
      { state: 'rebase' },
      { state: 'refused', code: 'server-refused', message: 'why' },
    ],
    bad: [
      [{ state: 'fine' }, 'state'],
      [{ state: undefined }, 'state'],
      [{ snapshot: '/etc/passwd' }, 'snapshot'],
      [{ sequence: -8 }, 'sequence'],
      [{ digest: 8 }, 'digest'],
      [{ message: 'x' }, 'message'],
    ],
  },
  {
    name: 'the state of the server',
    parse: parseServerState,
    good: [
      {
        ...{ serial: SERIAL, serverTime: '2026-11-22T14:05:09.000Z', newest: summary },
        ...{ base: summary, held: { reason: 'empty', detail: 'none of 12 entries is left' } },
      },
      {
        ...{ serial: SERIAL, serverTime: '2026-11-22T14:05:09.000Z', newest: null },
        ...{ base: null, held: null, confirmed: true },
      },
    ],
    bad: [
      [{ serial: 'x' }, 'serial'],
      [{ serverTime: 0 }, 'serverTime'],
      [{ newest: undefined }, 'newest'],
      [{ newest: { ...summary, name: '../x' } }, 'newest.name'],
      [{ newest: { ...summary, state: '' } }, 'newest.state'],
      [{ base: 7 }, 'base'],
      [{ held: {} }, 'held.reason'],
    ],
  },
  {
    name: 'a list of snapshots',
    parse: parseSnapshots,
    good: [
      { snapshots: [summary] },
      { snapshots: [] },
      { snapshots: [{ ...summary, sequence: -1 }] },
    ],
    bad: [
      [{ snapshots: null }, 'snapshots'],
      [{ snapshots: [summary, { ...summary, name: '--help' }] }, 'snapshots.1.name'],
      [{ snapshots: [{ ...summary, bytes: -1 }] }, 'snapshots.0.bytes'],
    ],
  },
  {
    name: 'a list of entries',
    parse: parseEntries,
    good: [
      { entries: [entry], next: null },
      { entries: [{ ...entry, title: null, timestamp: null, mimeType: 'a/b' }], next: UID },
    ],
    bad: [
      [{ entries: [{ ...entry, uid: '..' }] }, 'entries.0.uid'],
      [{ entries: [{ ...entry, digest: '' }] }, 'entries.0.digest'],
      [{ entries: [{ ...entry, title: 1 }] }, 'entries.0.title'],
      [{ entries: [{ ...entry, timestamp: '1' }] }, 'entries.0.timestamp'],
      [{ entries: [{ ...entry, bytes: -1 }] }, 'entries.0.bytes'],
      [{ next: undefined }, 'next'],
      [{ next: 'x' }, 'next'],
    ],
  },
  {
    name: 'a quiet-day claim',
    parse: parseQuietClaim,
    good: [{ sequence: 8, state: DIGEST }],
    bad: [
      [{ sequence: '8' }, 'sequence'],
      [{ state: null }, 'state'],
      [{ surprise: 1 }, 'surprise'],
    ],
  },
  {
    name: 'an enrolment',
    parse: parseEnrolRequest,
    good: [enrolment],
    bad: [
      [{ serial: 'CSN74803BB1\n' }, 'serial'],
      [{ uuid: 'x'.repeat(65) }, 'uuid'],
      [{ uuid: 1 }, 'uuid'],
      [{ key: 'x'.repeat(4097) }, 'key'],
      [{ key: undefined }, 'key'],
      [{ surprise: 1 }, 'surprise'],
    ],
  },
  {
    name: 'an answer to an enrolment',
    parse: parseEnrolAnswer,
    good: [answer, { ...answer, state: 'pending', sshPort: 65_535, login: '_x' }],
    bad: [
      [{ state: 'maybe' }, 'state'],
      [{ hostKey: null }, 'hostKey'],
      [{ sshPort: 0 }, 'sshPort'],
      [{ sshPort: 65_536 }, 'sshPort'],
      [{ sshPort: 22.5 }, 'sshPort'],
      [{ login: '' }, 'login'],
      [{ login: '-oProxyCommand=x' }, 'login'],
      [{ login: 'root@evil' }, 'login'],
      [{ login: 'Root' }, 'login'],
      [{ login: 'a\n' }, 'login'],
      [{ login: 'x'.repeat(33) }, 'login'],
    ],
  },
];

for (const { name, parse, good, bad } of MESSAGES) {
  test(`${name} is read as a value, as text and as bytes`, () => {
    for (const message of good) {
      assert.equal(parse(message), message);
      assert.equal(parse(JSON.stringify(message)), message);
      assert.equal(parse(Buffer.from(JSON.stringify(message))), message);
    }
  });

  test(`${name}: each missing field is named`, () => {
    for (const field of Object.keys(good[0] ?? {})) {
      const { [field]: _, ...rest } = good[0] as Record<string, unknown>;
      const error = refused(() => parse(rest), 'bad-input');
      assert.ok(error.message.startsWith(`not ${name}: ${field}: `), error.message);
    }
  });

  for (const [change, field] of bad) {
    test(`${name} with ${JSON.stringify(change)?.slice(0, 80)} is refused, naming ${field}`, () => {
      const error = refused(() => parse({ ...good[0], ...change }), 'bad-input');
      assert.ok(error.message.startsWith(`not ${name}: ${field}: `), error.message.slice(0, 300));
      assert.ok(error.message.length < 400, 'the error is not as long as the input');
    });
  }

  for (const junk of ['', '{', 'null', '[]', '1', '"x"', `${'['.repeat(50_000)}`]) {
    test(`${name} is not ${JSON.stringify(junk.slice(0, 20))}`, () => {
      refused(() => parse(junk), 'bad-input');
      refused(() => parse(Buffer.from(junk)), 'bad-input');
    });
  }
}

test('what a newer server adds to an answer is let pass; what a laptop sends is not', () => {
  assert.equal(parseEnrolAnswer({ ...answer, colour: 'red' }), answer);
  assert.equal(parseSnapshots({ snapshots: [{ ...summary, pinned: 1 }] }), {
    snapshots: [summary],
  });
});

test('__proto__ in a message does nothing', () => {
  const text = `{"__proto__":{"polluted":1},"sequence":8,"state":"${DIGEST}"}`;
  const [outcome] = [parseOrNull(text)];
  assert.is((outcome as { polluted?: number } | null)?.polluted, undefined);
  assert.is(({} as { polluted?: number }).polluted, undefined);
});

function parseOrNull(text: string): unknown {
  try {
    return parseQuietClaim(text);
  } catch {
    return null;
  }
}

test.run();
