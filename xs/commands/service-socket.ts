/**
 * Commands for the running service: `xs-backup` at a terminal sends its arguments over a Unix socket that
 * only the service's user can open, and prints the replies. So only one process changes the library.
 *
 *     POST /v1/command {command, args, flags}  →  lines of {"out": text}, {"progress": step} and, while
 *                                                 nothing is to say, {"alive": true};
 *                                                 then {"end": exit code}
 *                                                 or {"error": {code, message, hint}}
 */

import { chmodSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import got, { TimeoutError } from 'got';
import * as v from 'valibot';
import { asDsError, DsError, type ErrorCode } from '../../shared/errors.ts';
import { createApp } from '../api/app.ts';
import { asTerminalError } from '../ground/system-errors.ts';
import type { Library } from '../library.ts';
import { inState, type Paths } from '../storage/paths.ts';
import { releaseIfFull } from '../storage/reserve.ts';
import { type FlagName, type Step, usage, withHelp } from './command.ts';
import { COMMANDS } from './table.ts';

const flag = v.optional(v.boolean());
const value = v.optional(v.string());
const flags = {
  ...{ json: flag, 'dry-run': flag, 'trust-clock': flag, all: flag, 'keep-going': flag },
  ...{ unused: flag, kind: value, key: value, plan: flag, idmgr: value, packages: value },
  ...{ 'all-known-original': flag, 'with-backups': flag, laptop: value, snapshot: value },
  ...{ auth: value, jwks: value, retire: flag },
} satisfies Record<FlagName, unknown>;
const requestSchema = v.strictObject({
  command: v.string(),
  args: v.array(v.string()),
  flags: v.strictObject(flags),
  secret: v.optional(v.string()),
});
export type CommandRequest = v.InferOutput<typeof requestSchema>;

const replySchema = v.union([
  v.strictObject({ out: v.string() }),
  v.strictObject({
    progress: v.strictObject({ done: v.number(), of: v.number(), text: v.string() }),
  }),
  v.strictObject({ alive: v.literal(true) }),
  v.strictObject({ end: v.number() }),
  v.strictObject({
    error: v.object({ code: v.string(), message: v.string(), hint: v.optional(v.string()) }),
  }),
]);

const MAX_BODY_BYTES = 64 * 1024;
/** The shortest time between two progress replies, in milliseconds. */
const PROGRESS_MS = 100;
/** How often the service says that it is at work, in milliseconds. */
const ALIVE_MS = 2000;
/**
 * A service that is silent for so long stands still, in milliseconds. Its own watch ends one that does so for
 * `STALL_LIMIT_MS` (`../cli.ts`), but not one that somebody stopped.
 */
const SILENT_MS = 30_000;

/** Runs one command on an open library; returns its exit code. Throws `usage` for an unknown one. */
export async function runCommand(
  library: Library,
  { command, args, flags, secret }: CommandRequest,
  print: (text: string) => void,
  signal: AbortSignal,
  progress: (step: Step) => void = () => {},
): Promise<number> {
  const known = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (!known) throw usage(`there is no command "${command}"`);
  if (!known.onlyReads) releaseIfFull(library.paths);
  try {
    const onlyReads = known.onlyReads === true;
    const more = { secret, print, progress, signal };
    const exitCode = await known.run({ library, args, flags, onlyReads, ...more });
    return typeof exitCode === 'number' ? exitCode : 0;
  } catch (error) {
    throw asTerminalError(withHelp(error, command));
  }
}

/** Accepts commands until disposed, which cancels running ones. */
export async function serveCommands(library: Library): Promise<AsyncDisposable> {
  const { adminSocket } = inState(library.paths);
  const stop = new AbortController();
  const app = createApp(library.log, MAX_BODY_BYTES, 0);
  app.post('/v1/command', async (request, reply) => {
    const parsed = v.safeParse(requestSchema, request.body);
    if (!parsed.success) throw new DsError('bad-input', 'not a command');
    const stream = new PassThrough();
    const hungUp = new AbortController();
    stream.once('close', () => hungUp.abort());
    const say = (line: v.InferOutput<typeof replySchema>) => {
      if (!stream.destroyed) stream.write(`${JSON.stringify(line)}\n`);
    };
    const signal = AbortSignal.any([stop.signal, hungUp.signal]);
    const beat = setInterval(() => say({ alive: true }), ALIVE_MS);
    const progress = throttled(library.clock.monotonicMs, (step) => say({ progress: step }));
    void runCommand(library, parsed.output, (out) => say({ out }), signal, progress)
      .then((end) => say({ end }))
      .catch((cause: unknown) => {
        const { code, message, hint } = asDsError(cause);
        say({ error: { code, message, ...(hint !== undefined && { hint }) } });
      })
      .finally(() => {
        clearInterval(beat);
        stream.end();
      });
    return reply.type('application/x-ndjson').send(stream);
  });
  rmSync(adminSocket, { force: true });
  await app.listen({ path: adminSocket });
  chmodSync(adminSocket, 0o600);
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await app.close();
    },
  };
}

/** Passes on at most one step per PROGRESS_MS. */
function throttled(nowMs: () => number, tell: (step: Step) => void): (step: Step) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (step) => {
    if (nowMs() - last < PROGRESS_MS) return;
    last = nowMs();
    tell(step);
  };
}

/** Whether the service is running. */
export function isServing(paths: Paths): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(inState(paths).adminSocket);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/**
 * Runs a command in the service; returns its exit code. Throws the command's error, `internal` if it is cut
 * off, and `server-unreachable` where the service says nothing for `silentMs`.
 */
export async function askService(
  paths: Paths,
  request: CommandRequest,
  print: (text: string) => void,
  signal: AbortSignal,
  progress: (step: Step) => void = () => {},
  silentMs: number = SILENT_MS,
): Promise<number> {
  const answer = got.stream.post(`unix:${inState(paths).adminSocket}:/v1/command`, {
    ...{ json: request, enableUnixSockets: true, retry: { limit: 0 }, signal },
    timeout: { socket: silentMs },
  });
  answer.setEncoding('utf8'); // a character may be split between two chunks
  let rest = '';
  try {
    for await (const piece of answer as AsyncIterable<string>) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const reply = v.parse(replySchema, JSON.parse(line));
        if ('out' in reply) print(reply.out);
        else if ('progress' in reply) progress(reply.progress);
        else if ('end' in reply) return reply.end;
        else if ('error' in reply) throw fromService(reply.error);
      }
    }
    throw new Error('no answer');
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof DsError) throw cause;
    if (cause instanceof TimeoutError) throw silent(cause);
    const hint = 'nothing is lost; repeat the command, whether the service is running or not';
    throw new DsError('internal', 'the service ended before the command did', { hint, cause });
  }
}

function silent(cause: unknown): DsError {
  return new DsError('server-unreachable', 'the service is running, but does not answer', {
    hint: 'start it again with "systemctl restart xs-backup", then repeat the command; nothing is lost',
    cause,
  });
}

interface ToldError {
  code: string;
  message: string;
  hint?: string | undefined;
}

function fromService({ code, message, hint }: ToldError): DsError {
  return new DsError(code as ErrorCode, message, hint === undefined ? {} : { hint });
}
