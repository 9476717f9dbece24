/**
 * The interface on the bus as clients rely on it, held against the real agent, whose worker is made up,
 * and against the scripted agent: whatever a client sees of the one it may expect of the other.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Message, Variant } from 'dbus-next';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  AGENT_PROPERTIES,
  BACKUP_NAME,
  BACKUP_PATH,
  JOB_INTERFACE,
  JOB_PROPERTIES,
  METHODS,
  type MethodName,
  ROWS,
  type RowKind,
  readBusError,
} from '../../../shared/backup-bus.ts';
import type { Bus } from '../../../shared/system/bus.ts';
import { Cleanup } from '../../../shared/system/cleanup.ts';
import { waitFor } from '../../runner/patience.ts';
import { startDaemon } from '../../school/processes.ts';
import { makeProfile, uidOf } from '../journal/journal.ts';
import { named, runOnBus, startBus } from './private-bus.ts';
import { WORKER_ANSWERS } from './worker-answers.ts';

const test = suite('the contract of org.sugarlabs.Backup1');

const UID = String(uidOf(0));

/** Plausible arguments of each method; called in this order. */
const ARGUMENTS: Record<MethodName, unknown[]> = {
  ...{ BackUpNow: [], Pause: [], Resume: [], Cancel: [], Refresh: [], Retry: [] },
  ...{ ListLaptops: [], ListDays: [''], ListEntries: ['', '', '', 0, 3] },
  ...{ GetPreview: ['', '', UID], GetDetails: ['', '', UID], PlanRestore: ['', ''] },
  ...{ RestoreAll: ['', ''], RestoreEntry: ['', '', UID], ForgetRestore: ['', ''] },
  ...{ ListPins: [], Pin: ['', UID], Unpin: [UID], KeepAtSchool: [UID], FetchBack: [UID] },
  ...{ OfferToClass: ['', UID], ListClassOffers: [], TakeBackFromClass: [UID, ''] },
  ...{ ForMyClass: [UID, true] },
  ...{ ListAtSchool: [], ListStandings: [], WebLink: [] },
  ...{ OpenInJournal: ['', ''], CloseInJournal: [] },
};
/** Which rows a method answers with. */
const ROWS_OF: Partial<Record<MethodName, RowKind>> = {
  ...{ ListLaptops: 'laptop', ListDays: 'day', ListEntries: 'entry', GetDetails: 'details' },
  ...{ PlanRestore: 'plan', ListPins: 'pin', ListAtSchool: 'kept' },
  ...{ ListStandings: 'standing', ListClassOffers: 'offer' },
};

type Shown = Record<string, Variant>;

interface Subject extends AsyncDisposable {
  bus: Bus;
  /** Makes `RestoreEntry` fail with `bad-id`; its arguments then. */
  breakRestoreEntry: () => Promise<unknown[]>;
}

async function realAgent(): Promise<Subject> {
  const cleanup = new Cleanup();
  const profile = cleanup.use(makeProfile());
  const { paths } = profile;
  const { address, bus } = await startBus(cleanup, paths.own);
  const worker = join(paths.own, 'worker.mjs');
  // Jobs go on until they are stopped.
  writeFileSync(
    worker,
    `const answers = ${JSON.stringify(WORKER_ANSWERS)};
     const leftOut = { empty: 0, bundles: 0, damaged: 0, older: 0 };
     const about = { pid: 0, entries: 1, leftOut, snapshot: '' };
     const news = { type: 'open', folder: '/nowhere/School', ...about };
     process.on('message', ({ id, act }) => {
       if (act === 'volume') process.send({ id, type: 'volume', news });
       if (act in answers) process.send({ id, type: 'result', result: answers[act] });
     });`,
  );
  await runOnBus(cleanup, { bus, address }, { paths, worker });
  const breakRestoreEntry = async () => ['', '', 'no uid'];
  return { bus, breakRestoreEntry, [Symbol.asyncDispose]: () => cleanup[Symbol.asyncDispose]() };
}

async function scriptedAgent(): Promise<Subject> {
  const cleanup = new Cleanup();
  const { paths } = cleanup.use(makeProfile());
  mkdirSync(paths.own, { recursive: true });
  const { address, bus } = await startBus(cleanup, paths.own);
  const script = fileURLToPath(new URL('../../activity/scripted-agent.ts', import.meta.url));
  const env = { ...process.env, DBUS_SESSION_BUS_ADDRESS: address };
  const daemon = startDaemon(process.execPath, ['--import', 'tsx', script, '20'], env);
  cleanup.use({ [Symbol.asyncDispose]: () => daemon.stop() });
  await named(bus);
  const breakRestoreEntry = async () => {
    const target = { name: BACKUP_NAME, path: BACKUP_PATH, iface: `${BACKUP_NAME}.Script` };
    await bus.call(target, 'Fail', 'sv', ['RestoreEntry', new Variant('s', 'bad-id')]);
    return ['', '', UID];
  };
  return { bus, breakRestoreEntry, [Symbol.asyncDispose]: () => cleanup[Symbol.asyncDispose]() };
}

async function call(bus: Bus, iface: string, path: string, member: string, ...more: unknown[]) {
  const [signature, body] = more as [string?, unknown[]?];
  const message = { destination: BACKUP_NAME, path, interface: iface, member };
  const reply = await bus.raw.call(
    new Message({ ...message, signature: signature ?? '', body: body ?? [] }),
  );
  return { signature: reply?.signature ?? '', body: reply?.body ?? [] };
}

async function propertiesOf(bus: Bus, iface: string, path: string): Promise<Shown> {
  const { body } = await call(bus, 'org.freedesktop.DBus.Properties', path, 'GetAll', 's', [iface]);
  return body[0];
}

const typesOf = (shown: Shown) =>
  Object.fromEntries(Object.entries(shown).map(([name, { signature }]) => [name, signature]));

/** Rows anywhere in an answer. */
function rowsIn(body: unknown[]): Shown[] {
  return body.flat().filter((one): one is Shown => {
    return typeof one === 'object' && one !== null && !Buffer.isBuffer(one);
  });
}

async function checkAnswers(bus: Bus): Promise<void> {
  for (const [name, [takes, returns]] of Object.entries(METHODS)) {
    const method = name as MethodName;
    const { signature, body } = await call(
      bus,
      BACKUP_NAME,
      BACKUP_PATH,
      name,
      takes,
      ARGUMENTS[method],
    );
    assert.is(signature, returns, name);
    const kind = ROWS_OF[method];
    if (kind) {
      const types: Record<string, string> = ROWS[kind];
      const rows = rowsIn(body);
      assert.ok(rows.length > 0, `${name} answers with rows`);
      for (const row of rows) {
        for (const [field, type] of Object.entries(typesOf(row)))
          assert.is(types[field], type, `${name}: ${field}`);
        assert.ok('uid' in row || 'serial' in row || 'snapshot' in row, name);
      }
    }
    if (returns !== 'o') continue;
    const path = String(body[0]);
    const { Jobs } = await propertiesOf(bus, BACKUP_NAME, BACKUP_PATH);
    const paths = (Jobs?.value ?? []) as string[];
    assert.ok(paths.includes(path), `${name}: the job is among Jobs`);
    assert.equal(
      typesOf(await propertiesOf(bus, JOB_INTERFACE, path)),
      { ...JOB_PROPERTIES },
      name,
    );
  }
}

/** Cancels a new backup and waits for what a client is told. */
async function checkCancelling(bus: Bus): Promise<void> {
  const { body } = await call(bus, BACKUP_NAME, BACKUP_PATH, 'BackUpNow');
  const path = String(body[0]);
  const told: string[] = [];
  await bus.onSignal({ path, iface: JOB_INTERFACE }, 'Finished', ([state]) =>
    told.push(String(state)),
  );
  const changes: Shown[] = [];
  const signal = { path, iface: 'org.freedesktop.DBus.Properties' };
  await bus.onSignal(signal, 'PropertiesChanged', ([iface, changed]) => {
    assert.is(iface, JOB_INTERFACE);
    changes.push(changed as Shown);
  });
  await call(bus, JOB_INTERFACE, path, 'Cancel');
  await waitFor('Finished', async () => told.length > 0 || undefined);
  assert.equal(told, ['cancelled']);
  const types: Record<string, string> = JOB_PROPERTIES;
  for (const [name, type] of changes.flatMap((one) => Object.entries(typesOf(one)))) {
    assert.is(type, types[name], name);
  }
  assert.ok(changes.some(({ State }) => State?.value === 'cancelled'));
  assert.is((await propertiesOf(bus, JOB_INTERFACE, path)).State?.value, 'cancelled');
}

const SUBJECTS: [string, () => Promise<Subject>][] = [
  ['the real agent', realAgent],
  ['the scripted agent', scriptedAgent],
];
for (const [name, start] of SUBJECTS) {
  test(`${name}: properties, answers, jobs and errors are as documented`, async () => {
    await using subject = await start();
    const { bus } = subject;
    const shown = await propertiesOf(bus, BACKUP_NAME, BACKUP_PATH);
    assert.equal(typesOf(shown), { ...AGENT_PROPERTIES });
    await checkAnswers(bus);
    await checkCancelling(bus);
    const wrong = await subject.breakRestoreEntry();
    const error = await call(bus, BACKUP_NAME, BACKUP_PATH, 'RestoreEntry', 'sss', wrong).then(
      () => undefined,
      (cause: unknown) => readBusError(cause),
    );
    assert.is(error?.code, 'bad-id');
    assert.ok(error?.message);
    const unknown = await call(bus, BACKUP_NAME, BACKUP_PATH, 'Dance').then(
      () => '',
      (cause: { type: string }) => cause.type,
    );
    assert.is(unknown, 'org.freedesktop.DBus.Error.UnknownMethod');
  });
}

test.run();
