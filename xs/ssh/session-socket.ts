/**
 * The Unix socket for session scripts (PROTOCOL.md, "The control API"). The first line names the request
 * and the laptop whose key sshd has verified; there is no other authentication.
 *
 *     ds-backup 1 CSN74803BB1                 what follows is the client's HTTP
 *     ds-backup-lease 1 CSN74803BB1 10.0.3.7  may it upload from that address? The answer is one line:
 *                                             `yes`, or the reason why not
 *     ds-backup-failed 1 CSN74803BB1 1 bwrap: No permissions
 *                                             its session ended so before it began: for the log
 */
import { chmodSync, chownSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { parseSerial, type Serial } from '../../shared/ids.ts';
import type { Library } from '../library.ts';
import { inState } from '../storage/paths.ts';
import type { MayUpload } from '../traffic/leases.ts';
import { ChannelLimit } from './channel-limit.ts';

export interface SessionSocketOptions {
  library: Library;
  /** Called with each control channel of an active laptop. */
  onChannel: (serial: Serial, socket: Socket) => void;
  /** Called for uploads of laptops that have no lease. */
  mayUpload: MayUpload;
}

const GREETING = /^ds-backup(?: 1 ([A-Z0-9]{11})|-lease 1 ([A-Z0-9]{11}) ([0-9a-zA-Z:.%]*))$/;
const FAILURE = /^ds-backup-failed 1 ([A-Z0-9]{11}) (\d{1,3}) ([ -~]*)$/;
const MAX_GREETING = 256;
/** Failed sessions of one laptop are logged once in this many milliseconds. */
const TELL_MS = 60_000;

/** Listens until disposed, which ends all connections. */
export async function openSessionSocket(options: SessionSocketOptions): Promise<AsyncDisposable> {
  const { library, onChannel } = options;
  const sockets = new Set<Socket>();
  const tellFailure = failureLog(library);
  const channels = new ChannelLimit();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {}); // laptops vanish all the time
    readGreeting(socket, tellFailure, (serial, address) => {
      if (address !== undefined) return void answerLease(options, serial, address, socket);
      const { registrations } = library;
      if (!registrations.isActive(serial) || !channels.admit(serial, socket)) {
        return socket.destroy();
      }
      onChannel(serial, socket);
    });
  });
  await listen(server, library);
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** One line a minute for each laptop: one that tries without end must not fill the log. */
function failureLog({ log, clock }: Library): (line: string) => void {
  const told = new Map<string, number>();
  return (line) => {
    const [, serial, exit, reason] = FAILURE.exec(line) ?? [];
    if (!serial || clock.monotonicMs() - (told.get(serial) ?? -TELL_MS) < TELL_MS) return;
    told.set(serial, clock.monotonicMs());
    log.warn('session-failed', { serial, exit, reason });
  };
}

async function answerLease(
  { library, mayUpload }: SessionSocketOptions,
  serial: Serial,
  address: string,
  socket: Socket,
): Promise<void> {
  try {
    socket.end(`${await mayUpload(serial, address)}\n`);
  } catch (error) {
    library.log.warn('lease-not-answered', { serial, reason: String(error) });
    socket.destroy();
  }
}

async function listen(server: Server, { paths, ownership }: Library): Promise<void> {
  const { apiSocket } = inState(paths);
  rmSync(apiSocket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(apiSocket, resolve);
  });
  if (ownership.ownUid === 0) chownSync(apiSocket, 0, ownership.sessionGid);
  chmodSync(apiSocket, 0o660);
}

/** Reads exactly the first line. With an address it is a request for a lease. */
function readGreeting(
  socket: Socket,
  onOther: (line: string) => void,
  onSerial: (serial: Serial, address: string | undefined) => void,
): void {
  let line = '';
  const decoder = new StringDecoder('latin1');
  const onReadable = () => {
    for (;;) {
      const byte: Buffer | null = socket.read(1);
      if (byte === null) return;
      const character = decoder.write(byte);
      if (character !== '\n') {
        line += character;
        if (line.length > MAX_GREETING) return void socket.destroy();
        continue;
      }
      socket.off('readable', onReadable);
      const [, forChannel, forLease, address] = GREETING.exec(line) ?? [];
      const serial = forChannel ?? forLease;
      if (serial) return onSerial(parseSerial(serial), address);
      onOther(line);
      socket.destroy();
      return;
    }
  };
  socket.on('readable', onReadable);
}
