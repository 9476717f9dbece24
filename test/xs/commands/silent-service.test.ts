/** A service that somebody stopped takes calls and answers none: what can be seen from outside is told. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Cleanup } from '../../../shared/system/cleanup.ts';
import { runCli } from '../../../xs/cli.ts';
import { STICK_PARTS } from '../whole.ts';

const test = suite('a service that hangs');

/** One that accepts every connection, and says nothing. */
async function silentAt(cleanup: Cleanup, place: { path: string } | { port: number }) {
  const server = createServer((socket) => socket.resume().on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(place, resolve));
  cleanup.defer(() => void server.close());
  return server.address() as AddressInfo;
}

async function hanging(cleanup: Cleanup): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ds-silent-'));
  cleanup.defer(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'state', 'run'), { recursive: true });
  mkdirSync(join(folder, 'library'));
  await silentAt(cleanup, { path: join(folder, 'state', 'run', 'admin.sock') });
  const { port } = await silentAt(cleanup, { port: 0 });
  const places = ['library', 'state', 'completion'].map((name) => `${name} = "${folder}/${name}"`);
  const http = `[http]\nlisten = "127.0.0.1:${port}"\npublicPort = 0\n`;
  const ssh = `[ssh]\nlisten = "127.0.0.1:${port}"\n`;
  writeFileSync(join(folder, 'config.toml'), `${places.join('\n')}\n${http}${ssh}`);
  return folder;
}

async function told(folder: string, ...words: string[]) {
  let shown = '';
  const exitCode = await runCli({
    args: [...words, '--config', join(folder, 'config.toml')],
    ...{ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, env: process.env },
    ...{ sessionScript: '', pageFiles: { locale: '', styleSheets: [] }, stickParts: STICK_PARTS },
    ...{ log: { info: () => {}, warn: () => {} }, drawBar: undefined, inherited: [] },
    print: (text) => {
      shown += text;
    },
    ...{ ask: async () => '', signal: new AbortController().signal },
  });
  return { exitCode, shown };
}

test('status and doctor say so, with what is seen from outside, and what to do', async () => {
  await using cleanup = new Cleanup();
  const folder = await hanging(cleanup);
  const [status, doctor, json] = await Promise.all([
    told(folder, 'status'),
    told(folder, 'doctor'),
    told(folder, 'status', '--json'),
  ]);
  assert.equal([status.exitCode, doctor.exitCode, json.exitCode], [3, 3, 3]);
  assert.match(status.shown, /^disk {6}\S+ \S+ used, \S+ \S+ free/m);
  assert.match(
    status.shown,
    /the service is running, but does not answer[\s\S]*systemctl restart xs-backup/,
  );
  assert.match(status.shown, /Nobody answers at port \d+/);
  assert.match(
    doctor.shown,
    /^FAIL {2}the service runs\n {6}.*does not answer\n {6}.*systemctl restart xs-backup/m,
  );
  assert.match(doctor.shown, /^FAIL {2}its ports answer$/m);
  assert.match(doctor.shown, /^ok {4}the disk has room$/m);
  assert.match(doctor.shown, /^open {2}nothing stored is damaged\n {6}not asked/m);
  assert.match(json.shown, /"concerns":\["service-down","port-closed"\]/);
});

test.run();
