/**
 * Abstract sockets, at which a session bus of dbus-launch or dbus-run-session listens on older systems. The
 * libuv of Node 20 pads their names with zero bytes, which makes other names of them, so a small Python
 * program connects; Sugar is written in Python, so there is one.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** Passes bytes between its stdin, which is a socket, and the abstract socket, until one side ends. */
const RELAY = `
import select, socket, sys
near = socket.socket(fileno=0)
far = socket.socket(socket.AF_UNIX)
far.connect(chr(0) + sys.argv[1])
other = {near: far, far: near}
while True:
    for one in select.select(list(other), [], [])[0]:
        data = one.recv(65536)
        if not data:
            sys.exit()
        other[one].sendall(data)
`;

/**
 * The path of a socket for one connection to the abstract socket `name`, which is to be made at once. Whoever
 * connects sees an end of the stream where that does not work. The relay ends with either side.
 */
export function relayToAbstract(name: string): string {
  const folder = makeTemporaryFolder(tmpdir(), 'dsb-bus');
  const path = join(folder, 'bus');
  const server = createServer({ pauseOnConnect: true }, (near: Socket) => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
    const relay = spawn('python3', ['-c', RELAY, name], { stdio: [near, 'ignore', 'ignore'] });
    relay.once('error', () => near.destroy());
    relay.once('spawn', () => near.destroy()); // the relay has its own descriptor of it
    relay.unref();
  });
  server.on('error', () => rmSync(folder, { recursive: true, force: true }));
  server.listen(path);
  server.unref();
  return path;
}
