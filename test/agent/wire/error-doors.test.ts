/**
 * Every code of an error through every door: HTTP, the laptop that reads it, the bus, the terminal, the pages and
 * the child's screen. The sentence and the way out stay what they were, and nothing of the server's insides gets out.
 */
import { readFileSync } from 'node:fs';
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { afterOutcome } from '../../../agent/backup/outcome.ts';
import { exitCodeOf } from '../../../agent/cli/cli.ts';
import { Control } from '../../../agent/wire/api.ts';
import type { Connection } from '../../../agent/wire/ssh.ts';
import { readBusError, toBusError } from '../../../shared/backup-bus.ts';
import { DsError, describeForTerminal, type ErrorCode } from '../../../shared/errors.ts';
import { parseSerial } from '../../../shared/ids.ts';
import { answerTo, withoutInsides } from '../../../xs/api/error-answer.ts';
import { problemTypeOf } from '../../../xs/pages/site.ts';

const test = suite('an error through every door');

const SENTENCE = 'the dog has eaten it';
const WAY_OUT = 'get another dog';
const PATH = '/var/lib/xs-backup/library';

/** As the union in shared/errors.ts lists them. */
const CODES = [
  ...readFileSync(new URL('../../../shared/errors.ts', import.meta.url), 'utf8')
    .slice(0, 4000)
    .matchAll(/^ {2}\| '([a-z-]+)'/gm),
].map(([, code]) => code as ErrorCode);

interface Row {
  /** HTTP status. */
  http: number;
  /** What a laptop takes it for that was told so by the school server. */
  laptop: ErrorCode;
  /** The same, when it is what became of a backup. */
  refused: ErrorCode;
  /** Exit code of `ds-backup`. */
  exit: number;
  /** Kind of page. */
  page: string;
}

const TROUBLE = 'server-trouble';
const REFUSED = 'server-refused';
const ROWS: Record<
  ErrorCode,
  [http: number, laptop: ErrorCode, refused: ErrorCode, exit: number, page: string]
> = {
  usage: [400, REFUSED, REFUSED, 2, 'address'],
  'bad-id': [400, 'bad-id', REFUSED, 1, 'address'],
  'bad-input': [400, 'bad-input', REFUSED, 1, 'address'],
  'not-registered': [403, 'not-registered', 'not-registered', 77, 'form'],
  'pending-approval': [403, 'pending-approval', 'pending-approval', 77, 'form'],
  'server-refused': [403, REFUSED, REFUSED, 1, 'form'],
  'not-found': [404, 'not-found', REFUSED, 1, 'page'],
  'key-taken': [409, 'key-taken', REFUSED, 1, 'broken'],
  'only-copy': [409, 'only-copy', REFUSED, 1, 'broken'],
  damaged: [409, 'damaged', TROUBLE, 1, 'broken'],
  config: [500, TROUBLE, TROUBLE, 1, 'broken'],
  internal: [500, TROUBLE, TROUBLE, 1, 'broken'],
  'missing-tool': [500, TROUBLE, TROUBLE, 1, 'broken'],
  'program-failed': [500, TROUBLE, TROUBLE, 1, 'broken'],
  transfer: [500, TROUBLE, TROUBLE, 75, 'broken'],
  unreadable: [500, TROUBLE, TROUBLE, 1, 'broken'],
  datastore: [500, TROUBLE, TROUBLE, 1, 'broken'],
  'untrusted-server': [500, TROUBLE, TROUBLE, 77, 'broken'],
  'laptop-read-only': [500, TROUBLE, TROUBLE, 1, 'broken'],
  'laptop-full': [500, TROUBLE, TROUBLE, 1, 'broken'],
  battery: [500, TROUBLE, TROUBLE, 1, 'broken'],
  busy: [503, 'server-busy', 'server-busy', 75, 'busy'],
  cancelled: [503, 'server-unreachable', 'server-unreachable', 1, 'busy'],
  'server-busy': [503, 'server-busy', 'server-busy', 75, 'busy'],
  'server-trouble': [503, TROUBLE, TROUBLE, 1, 'broken'],
  'server-unreachable': [503, 'server-unreachable', 'server-unreachable', 75, 'busy'],
  'over-quota': [507, 'over-quota', 'over-quota', 1, 'broken'],
  'server-full': [507, 'server-full', 'server-full', 1, 'broken'],
};

function rowOf(code: ErrorCode): Row {
  const [http, laptop, refused, exit, page] = ROWS[code];
  return { http, laptop, refused, exit, page };
}

test('the table has every code', () => {
  assert.ok(CODES.length > 25);
  assert.equal([...CODES].sort(), Object.keys(ROWS).sort());
});

for (const code of CODES) {
  const row = rowOf(code);
  const error = new DsError(code, SENTENCE, { hint: WAY_OUT });

  test(`${code}: HTTP ${row.http}, exit ${row.exit}, page ${row.page}`, () => {
    const { status, body } = answerTo(error);
    assert.is(status, row.http);
    assert.is(body.code, code);
    if (status === 500) assert.match(body.message, /its log says what/);
    else assert.equal([body.message, body.hint], [SENTENCE, WAY_OUT]);
    for (const insides of [PATH, `cannot open '${PATH}'`]) {
      const told = answerTo(new DsError(code, insides, { hint: `look at ${PATH}` })).body;
      assert.not.match(`${told.message} ${told.hint}`, PATH);
      const refused = withoutInsides({ state: 'refused', code, message: insides });
      assert.not.match(JSON.stringify(refused), PATH);
    }
    assert.is(problemTypeOf(status, code), row.page);
    assert.is(exitCodeOf(error), row.exit);
    const shown = describeForTerminal(error).split('\n');
    assert.equal(shown, [`error: ${SENTENCE} [${code}]`, `hint: ${WAY_OUT}`]);
  });

  test(`${code}: the bus gives back what it got`, () => {
    for (const hint of [undefined, WAY_OUT, `${WAY_OUT}\nor a cat`]) {
      const sent = new DsError(code, SENTENCE, hint === undefined ? {} : { hint });
      const { type, text } = toBusError(sent) as { type?: string; text?: string };
      assert.match(type ?? '', /^org\.sugarlabs\.Backup1\.Error\.[A-Z][A-Za-z]+$/);
      const got = readBusError({ type, text });
      assert.equal([got?.code, got?.message, got?.hint], [code, SENTENCE, hint]);
    }
  });

  test(`${code}: as what became of a backup, ${row.refused}`, () => {
    const outcome = { state: 'refused' as const, code, message: SENTENCE };
    const after = afterOutcome(outcome, undefined, new Map());
    assert.is(after.type, 'give-up');
    if (after.type !== 'give-up') return;
    assert.is(after.error.code, row.refused);
    assert.match(after.error.message, SENTENCE);
    assert.ok(after.error.hint, 'a way out');
  });
}

test('a laptop takes each for what it is, with the sentence and the way out', async () => {
  let told = { status: 500, body: {} as object };
  const server = createServer((_request, answer) => {
    answer.writeHead(told.status, { 'content-type': 'application/json' });
    answer.end(JSON.stringify(told.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent();
  try {
    const connection = {
      ...{ agent, host: `127.0.0.1:${(server.address() as AddressInfo).port}` },
      failure: async () => undefined,
    } as unknown as Connection;
    const owner = {
      ...{ serial: parseSerial('CSN74803BB1'), instance: 'x' },
      ...{ onConfirmed: () => {}, onClassPage: () => {}, onMoved: async () => {} },
    };
    for (const code of CODES) {
      const { status, body } = answerTo(new DsError(code, SENTENCE, { hint: WAY_OUT }));
      told = { status, body };
      const control = new Control(connection, new AbortController().signal, owner);
      const error = await control.state().then(
        () => undefined,
        (thrown: DsError) => thrown,
      );
      assert.is(error?.code, rowOf(code).laptop, code);
      assert.ok(error?.message.includes(body.message), code);
      // What is only busy has a time of its own.
      if (error?.code === 'server-busy') assert.match(error.hint ?? '', /^try again in 60 seconds/);
      else assert.is(error?.hint, body.hint, code);
      const passes = ['server-busy', 'server-unreachable'].includes(error?.code ?? '');
      assert.is(error?.retry, passes, code);
    }
  } finally {
    agent.destroy();
    server.close();
  }
});

test.run();
