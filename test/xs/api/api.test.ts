import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { newRunId, type Serial } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import {
  parseEntries,
  parseEntryDetails,
  parseReadableLaptops,
  parseSnapshots,
} from '../../../shared/protocol/messages.ts';
import { Cleanup } from '../../../shared/system/cleanup.ts';
import { serveApi } from '../../../xs/api/api.ts';
import { WebLinks } from '../../../xs/api/web-links.ts';
import type { Intake } from '../../../xs/ingest/intake.ts';
import { pinEntry } from '../../../xs/pins/pinning.ts';
import { inCompletion, inState } from '../../../xs/storage/paths.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { discard } from '../../../xs/storage/trash.ts';
import { Traffic } from '../../../xs/traffic/traffic.ts';
import { backUp, SERIAL, uidOf } from '../library.ts';
import { calmLoad, dsaKey, openWhole, serialOf } from '../whole.ts';

const test = suite('over the control API a laptop reads what those it replaced have left');

const [NEW, STRANGER] = [serialOf(1), serialOf(2)];

/** SERIAL, NEW and a stranger, each with a backup; asks as the session script does. */
async function serve() {
  const whole = await openWhole();
  const { library, context } = whole;
  const stack = new Cleanup();
  stack.use(whole);
  for (const [n, serial] of [NEW, STRANGER].entries()) {
    library.registrations.register(serial, `child ${n}`, 'u', dsaKey(n + 2));
  }
  for (const serial of [SERIAL, NEW, STRANGER]) {
    await backUp({ context }, new Map([[uidOf(1), { title: serial, content: serial }]]), serial);
  }
  const raw: Serial[] = [];
  const links = new WebLinks(library.clock);
  stack.use(
    await serveApi({
      ...{ library, intake: undefined as unknown as Intake, onRaw: (one) => raw.push(one) },
      ...{ traffic: new Traffic(library.clock, library.config.traffic), load: calmLoad },
      links,
    }),
  );
  const ask = (serial: Serial, path: string, body?: object) =>
    request(inState(library.paths).apiSocket, serial, path, body);
  const name = newestSnapshot(library.paths, SERIAL)?.name ?? '';
  return { ...whole, ask, name, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
}

/** Status and body; status 0 when the connection is ended instead. */
async function request(socketPath: string, serial: string, path: string, body?: object) {
  const socket = connect(socketPath);
  socket.on('error', () => {});
  const json = body ? JSON.stringify(body) : '';
  const type = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n`;
  socket.write(
    `ds-backup 1 ${serial}\n${body ? 'PUT' : 'GET'} ${path} HTTP/1.1\r\nHost: x\r\n` +
      `${body ? type : ''}Connection: close\r\n\r\n${json}`,
  );
  let text = '';
  for await (const piece of socket) text += piece;
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
  return { status, body: text.slice(text.indexOf('\r\n\r\n') + 4) };
}

test('until it is undone, and nobody else does', async () => {
  await using school = await serve();
  const { ask, command, name } = school;
  const paths = [
    `/v1/snapshots?of=${SERIAL}`,
    `/v1/snapshots/${name}/sums?of=${SERIAL}`,
    `/v1/snapshots/${name}/entries?of=${SERIAL}`,
  ];
  const statuses = async (serial: Serial) =>
    Promise.all(paths.map(async (path) => (await ask(serial, path)).status));
  assert.equal(await statuses(SERIAL), [200, 200, 200], 'its own, by name');
  assert.equal(await statuses(NEW), [404, 404, 404]);
  await command('alias', [NEW, SERIAL]);
  assert.equal(await statuses(NEW), [200, 200, 200]);
  assert.equal(await statuses(STRANGER), [404, 404, 404]);
  const listed = parseSnapshots((await ask(NEW, paths[0] ?? '')).body);
  assert.equal(
    listed.snapshots.map((one) => one.name),
    [name],
  );
  assert.match((await ask(NEW, paths[1] ?? '')).body, /^[0-9a-f]{64} {2}.*\.metadata\n$/);
  const entries = parseEntries((await ask(NEW, paths[2] ?? '')).body);
  assert.equal(
    entries.entries.map(({ title }) => title),
    [SERIAL],
  );
  const own = parseEntries((await ask(NEW, `/v1/snapshots/${name}/entries`)).body);
  assert.equal(
    own.entries.map(({ title }) => title),
    [NEW],
    'without "of" it is its own',
  );
  assert.is((await ask(SERIAL, `/v1/snapshots?of=${NEW}`)).status, 404, 'not the other way round');
  await command('unalias', [NEW]);
  assert.equal(await statuses(NEW), [404, 404, 404]);
});

test('it learns which laptops these are', async () => {
  await using school = await serve();
  const { ask, command } = school;
  const laptops = async (serial: Serial) =>
    parseReadableLaptops((await ask(serial, '/v1/laptops')).body).laptops;
  assert.equal(await laptops(NEW), [{ serial: NEW, nick: 'child 0', color: '', replaced: false }]);
  await command('alias', [NEW, SERIAL]);
  assert.equal(await laptops(NEW), [
    { serial: NEW, nick: 'child 0', color: '', replaced: false },
    { serial: SERIAL, nick: 'Jocinta', color: '', replaced: true },
  ]);
  assert.equal(await laptops(SERIAL), [
    { serial: SERIAL, nick: 'Jocinta', color: '', replaced: false },
  ]);
});

test('unknown, forbidden and malformed are the same answer', async () => {
  await using school = await serve();
  const asked = [STRANGER, 'SHC00800000', 'x', '..%2f..', '', `${SERIAL}&of=${STRANGER}`];
  const answers = await Promise.all(asked.map((of) => school.ask(NEW, `/v1/snapshots?of=${of}`)));
  assert.equal(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size, 1);
  assert.is(answers[0]?.status, 404);
});

test('of a pin whose snapshot cleanup took, details and picture are still there', async () => {
  await using server = await serve();
  const { ask, name, library, context } = server;
  const snapshot = newestSnapshot(library.paths, SERIAL);
  if (!snapshot) throw new Error('no snapshot');
  const path = `/v1/snapshots/${name}/entries/${uidOf(1)}`;
  const before = await ask(SERIAL, path);
  const { digest } = pinEntry(context, SERIAL, snapshot, uidOf(1), {
    limit: Number.MAX_SAFE_INTEGER,
  });
  discard(library.paths, SERIAL, snapshot.folder, 'thinned', library.timeline.now());
  assert.is((await ask(SERIAL, `/v1/snapshots/${name}/sums`)).status, 404);
  const { status, body } = await ask(SERIAL, path);
  assert.is(status, 200, body);
  const details = parseEntryDetails(body);
  assert.equal(details, { ...parseEntryDetails(before.body), pinned: true, versions: [] });
  assert.is(details.digest, digest);
  assert.is((await ask(SERIAL, `${path}/preview`)).status, 204);
  assert.is((await ask(SERIAL, `/v1/snapshots/${name}/entries/${uidOf(2)}`)).status, 404);
  assert.is((await ask(STRANGER, `${path}?of=${SERIAL}`)).status, 404, 'not to a stranger');
});

test('metadata that is not what the snapshot lists is shown as damaged, in lists and alone', async () => {
  await using server = await serve();
  const { ask, name, library } = server;
  const folder = newestSnapshot(library.paths, SERIAL)?.folder ?? '';
  const file = join(folder, `${uidOf(1)}.metadata`);
  const changed = readFileSync(file, 'utf8').replace(`"${SERIAL}"`, '"changed on the disk"');
  const path = `/v1/snapshots/${name}/entries`;
  const places: [what: string, put: () => void][] = [
    ['another text', () => writeFileSync(file, changed)],
    ['what no file is', () => mkdirSync(file)],
    ['nothing', () => {}],
  ];
  for (const [what, put] of places) {
    rmSync(file, { recursive: true, force: true });
    put();
    const { entries } = parseEntries((await ask(SERIAL, path)).body);
    const details = parseEntryDetails((await ask(SERIAL, `${path}/${uidOf(1)}`)).body);
    assert.equal([entries[0]?.title, details.title], [null, null], what);
  }
});

test('a completion file is taken whole, from the laptop that it is about, or not at all', async () => {
  await using school = await serve();
  const { ask, library } = school;
  const waiting = () => existsSync(inCompletion(library.paths).waiting(NEW));
  const completion = {
    ...{ format: 'ds-backup-completion', version: 1, serial: NEW, run: newRunId(), agent: 'test' },
    ...{ base: null, changed: [], removed: [], state: digestOf(''), entries: 0 },
  };
  const wrong: [object, number][] = [
    [{ ...completion, serial: SERIAL }, 400],
    [{ ...completion, run: '../x' }, 400],
    [{ ...completion, more: 1 }, 400],
    [{ ...completion, agent: 'x'.repeat(2 << 20) }, 413],
    [[], 400],
  ];
  for (const [body, status] of wrong) {
    assert.is((await ask(NEW, '/v1/completion', body)).status, status);
    assert.not(waiting());
  }
  assert.is((await ask(NEW, '/v1/completion', completion)).status, 204);
  const text = readFileSync(inCompletion(library.paths).waiting(NEW), 'utf8');
  assert.equal(JSON.parse(text), completion);
});

test('a retired laptop is not talked to', async () => {
  await using school = await serve();
  await school.command('retire', [NEW]);
  assert.is((await school.ask(NEW, '/v1/snapshots')).status, 0);
  await school.command('unretire', [NEW]);
  assert.is((await school.ask(NEW, '/v1/snapshots')).status, 200);
});

test.run();
