/** What all commands of `xs-backup` have in common: JSON, and how far they are. */
import { mkdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import type { DsError } from '../../../shared/errors.ts';
import type { Flags, Step } from '../../../xs/commands/command.ts';
import { askService, runCommand, serveCommands } from '../../../xs/commands/service-socket.ts';
import { COMMANDS } from '../../../xs/commands/table.ts';
import { inState } from '../../../xs/storage/paths.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { listTrash } from '../../../xs/storage/trash.ts';
import { scaled } from '../../runner/patience.ts';
import { backUp, ed25519, enrol, SERIAL, uidOf } from '../library.ts';
import { dsaKey, openWhole, serialOf, type WholeLibrary } from '../whole.ts';

const test = suite('the commands of xs-backup');

const OTHER = serialOf(7);
const NEVER = AbortSignal.any([]);

/** Something of everything; what each command needs to be carried out. */
async function openSchool(): Promise<WholeLibrary> {
  const whole = await openWhole('[registration]\npolicy = "window"');
  const { library, context, clock } = whole;
  library.newcomers.openWindow(1);
  library.registrations.register(OTHER, 'Ana', 'u', dsaKey(2));
  for (const n of [1, 2, 3]) {
    enrol(library.registrations, SERIAL, 'uuid', ed25519(n), { code: `00000${n}` });
  }
  const entries = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => {
      return [uidOf(from + n), { title: `${n}`, content: `${from + n}` }] as const;
    });
  await backUp({ context }, new Map(entries(0, 30)), SERIAL);
  clock.pass(DAY_MS);
  await backUp({ context }, new Map(entries(50, 52)), SERIAL);
  return whole;
}

/** In an order in which each finds something to do. */
function scenario(whole: WholeLibrary): [command: string, args: () => string[], flags?: Flags][] {
  const { paths } = whole.library;
  const name = () => newestSnapshot(paths, SERIAL)?.name ?? '';
  return [
    ...[
      'status',
      'doctor',
      'laptops',
      'proposals',
      'twins',
      'arrivals',
      'held',
      'quota',
      'damage',
      'diag',
      'audit',
    ].map((command): [string, () => string[]] => [command, () => []]),
    ...['snapshots', 'pins', 'trash'].map((command): [string, () => string[]] => [
      command,
      () => [SERIAL],
    ]),
    ['sums', () => [SERIAL, name()]],
    ['approve', () => [SERIAL, '000002']],
    ['register-window', () => ['5']],
    ['retire', () => [OTHER]],
    ['unretire', () => [OTHER]],
    ['alias', () => [OTHER, SERIAL]],
    ['unalias', () => [OTHER]],
    ['drop', () => [SERIAL]],
    ['undelete', () => [SERIAL, listTrash(paths, SERIAL)[0]?.name ?? '']],
    ['not-safe', () => [SERIAL]],
    ['sign-in-code', () => [SERIAL]],
    ['release', () => [SERIAL]],
    ['pin', () => [SERIAL, name()]],
    ['unpin', () => [SERIAL, name()]],
    ['reject', () => [SERIAL, '000009']],
    ['forget', () => [OTHER]],
    ['teacher', () => ['list']],
    ['class-page', () => ['on']],
    ['cleanup', () => [], { 'dry-run': true }],
    ['adopt', () => [], { 'dry-run': true }],
    ['relink', () => []],
    ['scrub', () => [], { all: true }],
    ['rebuild', () => []],
  ];
}

test('every command says what it did as JSON, one object a line, when it is asked to', async () => {
  await using whole = await openSchool();
  const { library } = whole;
  const tried = new Set<string>();
  for (const [command, args, flags] of scenario(whole)) {
    let out = '';
    const print = (text: string) => {
      out += text;
    };
    const prepared = prepare(whole, command);
    await prepared;
    const request = { command, args: args(), flags: { json: true, ...flags } };
    await runCommand(library, request, print, NEVER);
    tried.add(command);
    const lines = out.split('\n').filter((line) => line !== '');
    if (command !== 'adopt') assert.ok(lines.length > 0, `${command} said nothing`);
    for (const line of lines) assert.type(JSON.parse(line), 'object', `${command}: ${line}`);
    assert.ok(out === '' || out.endsWith('\n'), command);
  }
  assert.equal(
    Object.keys(COMMANDS).filter((command) => !tried.has(command)),
    [],
  );
});

/** What was decided before leaves some commands without work. */
async function prepare({ library, context, clock }: WholeLibrary, command: string): Promise<void> {
  if (command === 'reject')
    enrol(library.registrations, SERIAL, 'uuid', ed25519(9), { code: '000009' });
  if (command === 'release') {
    clock.pass(DAY_MS);
    const left = new Map([[uidOf(99), { title: 'x', content: 'x' }]]);
    await backUp({ context }, left, SERIAL);
  }
}

test('how far a long command is comes through the socket, with what it prints', async () => {
  await using whole = await openSchool();
  const { library } = whole;
  mkdirSync(dirname(inState(library.paths).adminSocket), { recursive: true });
  await using _admin = await serveCommands(library);
  for (const command of ['cleanup', 'rebuild']) {
    const steps: Step[] = [];
    let out = '';
    const print = (text: string) => {
      out += text;
    };
    const request = { command, args: [], flags: {} };
    const tell = (step: Step) => void steps.push(step);
    assert.is(await askService(library.paths, request, print, NEVER, tell), 0);
    assert.ok(out.length > 0);
    assert.ok(steps.length > 0, command);
    for (const { done, of } of steps) assert.ok(done <= of && of === 2, JSON.stringify(steps));
  }
});

test('a service that stands still is not waited for; one that says that it works is', async () => {
  await using whole = await openSchool();
  const { paths } = whole.library;
  const { adminSocket } = inState(paths);
  mkdirSync(dirname(adminSocket), { recursive: true });
  const ask = (limit: number) =>
    askService(
      paths,
      { command: 'status', args: [], flags: {} },
      () => {},
      NEVER,
      () => {},
      limit,
    );
  const answers = async (answer: (socket: Socket) => void, during: () => Promise<void>) => {
    const open = new Set<Socket>();
    const server = createServer((socket) => {
      open.add(socket);
      socket.once('data', () => answer(socket)).on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(adminSocket, resolve));
    await during();
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  const isSilent = async () => {
    const [told] = await Promise.allSettled([ask(scaled(200))]);
    assert.is(told?.status, 'rejected');
    const { code, hint } = (told as PromiseRejectedResult).reason as DsError;
    assert.is(code, 'server-unreachable');
    assert.match(hint ?? '', 'systemctl restart xs-backup');
  };
  const head = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n';
  await answers(() => {}, isSilent);
  await answers((socket) => void socket.write(`${head}{"out":"begun"}\n`), isSilent);
  // Long beside a beat: this very process has to be on time with each.
  const limit = scaled(1500);
  const works = (socket: Socket) => {
    socket.write(head);
    let beats = 0;
    const beat = setInterval(() => {
      socket.write('{"alive":true}\n');
      beats += 1;
      if (beats < 12) return;
      clearInterval(beat);
      socket.end('{"end":3}\n');
    }, limit / 10);
  };
  await answers(works, async () => assert.is(await ask(limit), 3));
});

test.run();
