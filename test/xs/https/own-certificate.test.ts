import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { readOwn } from '../../../xs/https/own-certificate.ts';
import { refused } from '../../shared/refused.ts';
import { servePages } from '../pages/browser.ts';

const test = suite("a school's own certificate");

/** A certificate and its key as files: valid from now, for so many days. */
function issued(days = 90) {
  const folder = mkdtempSync(join(tmpdir(), 'ds-own-certificate-'));
  const [certificate, key] = [join(folder, 'fullchain.pem'), join(folder, 'privkey.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const about = ['-subj', '/CN=school.example', '-days', String(days)];
  const files = ['-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', ...curve, ...about, ...files], { stdio: 'ignore' });
  return {
    ...{ certificate, key, folder },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const after = (days: number, trusted = true) => ({
  time: new Date(Date.now() + days * DAY_MS),
  trusted,
});

/** What the browser is shown at this port. */
function shown(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port, hostname: host } = new URL(url);
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('what cannot be used says which setting, which file and why', () => {
  using own = issued();
  using other = issued();
  const { certificate, key, folder } = own;
  const empty = join(folder, 'empty.pem');
  writeFileSync(empty, '');
  const rows: [object, ReturnType<typeof after>, RegExp][] = [
    [{ certificate }, after(1), /^https\.key is not set/],
    [{ key }, after(1), /^https\.certificate is not set/],
    [
      { certificate: join(folder, 'no'), key },
      after(1),
      /certificate = ".*no": there is no such file/,
    ],
    [{ certificate, key: join(folder, 'no') }, after(1), /key = ".*no": there is no such file/],
    [{ certificate: empty, key }, after(1), /empty\.pem" is not a certificate in PEM/],
    [{ certificate: key, key }, after(1), /privkey\.pem" is not a certificate in PEM/],
    [{ certificate, key: empty }, after(1), /empty\.pem" is not a private key/],
    [{ certificate, key: other.key }, after(1), /is not the key of https\.certificate/],
    [{ certificate, key }, after(91), /ended on /],
    [{ certificate, key }, after(-2), /begins on /],
  ];
  for (const [files, moment, why] of rows) refused(() => readOwn(files, moment), 'config', why);
  assert.is(readOwn({}, after(1)), undefined);
  const good = readOwn({ certificate, key }, after(1));
  assert.is(good?.warning, null);
  assert.match(readOwn({ certificate, key }, after(80))?.warning?.message ?? '', /ends on /);
  const doubted = readOwn({ certificate, key }, after(9000, false));
  assert.is(doubted?.certificate.fingerprint, good?.certificate.fingerprint);
});

test('browsers are shown it, and status has its fingerprint; without it, ours and the reason', async () => {
  using own = issued();
  const { certificate, key } = own;
  const settings = `[https]\nlisten = "127.0.0.1:0"\ncertificate = "${certificate}"\nkey = "${key}"\n`;
  const expected = readOwn(own, after(0))?.certificate.fingerprint ?? '';
  {
    await using server = await servePages(settings, new Date().toISOString());
    assert.is(await shown(server.secureUrl), expected);
    assert.ok((await server.command('status').catch(String)).includes(expected));
    assert.equal(server.library.faults.list(), []);
  }
  writeFileSync(key, 'not a key');
  chmodSync(key, 0o600);
  await using server = await servePages(settings, new Date().toISOString());
  const ours = await shown(server.secureUrl);
  assert.is.not(ours, expected);
  const told = await server.command('status').catch(String);
  assert.ok(told.includes(ours));
  assert.match(told, /does not work.*certificate \(https\.key/);
  assert.match(server.library.faults.list()[0]?.reason ?? '', /privkey\.pem" is not a private key/);
});

test.run();
