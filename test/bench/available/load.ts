/**
 * Asks a server over some connections kept open until stdin closes, then prints what it saw: as fast as it
 * answers, or so many times a second in all; an answer is late then from the moment its question was due, so
 * that a server that stands still is not asked less. A process of its own, so that it has a processor of its
 * own. Plain sockets, since node:http would need more of the processor than the server it measures.
 * Writes `asking` once all are connected, and the figures at the end, a line each.
 *
 *     load.ts PORT CONNECTIONS PER_SECOND PATH…        (the paths in turn; 0: as fast as it answers)
 */
import { connect, type Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface LoadFigures {
  seconds: number;
  requests: number;
  /** Milliseconds from question to answer. */
  p50: number;
  p99: number;
  most: number;
  /** What was asked when an answer took longest, and how long this process itself stood still at most. */
  latest: string;
  askerLate: number;
  /** How many answers had which status. */
  statuses: Record<string, number>;
}

const [port = '', connections = '', perSecond = '', ...paths] = process.argv.slice(2);
const took: number[] = [];
const statuses: Record<string, number> = {};
const sockets: Socket[] = [];
const RESOLUTION_MS = 5;
const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let most = 0;
let latest = '';
let next = 0;
let stopping = false;

/** Between two questions of one connection, in milliseconds. */
const everyMs = Number(perSecond) > 0 ? (1000 * Number(connections)) / Number(perSecond) : 0;

function ask(socket: Socket, due: number): void {
  const path = paths[next % paths.length];
  next += 1;
  let answer = '';
  const onData = (piece: string) => {
    answer += piece;
    if (!answer.includes('\r\n\r\n')) return; // bodies are empty
    socket.off('data', onData);
    const ms = performance.now() - due;
    took.push(ms);
    if (ms > most) [most, latest] = [ms, path ?? ''];
    const status = answer.slice(9, 12);
    statuses[status] = (statuses[status] ?? 0) + 1;
    askAgain(socket, due + everyMs);
  };
  socket.on('data', onData);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: school\r\n\r\n`);
}

function askAgain(socket: Socket, due: number): void {
  const wait = due - performance.now();
  if (stopping) return;
  if (everyMs === 0) ask(socket, performance.now());
  else if (wait <= 0) ask(socket, due);
  else setTimeout(() => askAgain(socket, due), wait);
}

let asking = 0;
const begun = performance.now();
for (let n = 0; n < Number(connections); n += 1) {
  const socket = connect({ host: '127.0.0.1', port: Number(port), noDelay: true });
  socket.setEncoding('latin1');
  socket.once('connect', () => {
    asking += 1;
    if (asking === Number(connections)) {
      loop.enable();
      process.stdout.write('asking\n');
    }
    askAgain(socket, performance.now() + (n * everyMs) / Number(connections));
  });
  sockets.push(socket);
}
process.stdin.resume();
process.stdin.once('end', () => {
  stopping = true;
  const seconds = (performance.now() - begun) / 1000;
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.floor(share * (took.length - 1))] ?? Number.NaN;
  const times = { p50: at(0.5), p99: at(0.99), most: at(1) };
  const askerLate = loop.max / 1e6 - RESOLUTION_MS;
  const figures = { seconds, requests: took.length, ...times, latest, askerLate, statuses };
  process.stdout.write(`${JSON.stringify(figures satisfies LoadFigures)}\n`);
  for (const socket of sockets) socket.destroy();
});
