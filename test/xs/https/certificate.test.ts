import { createPublicKey, X509Certificate } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ensureCertificate, readFingerprint } from '../../../xs/https/certificate.ts';
import { httpsCertificate } from '../../../xs/storage/paths.ts';
import { openWhole, type WholeLibrary } from '../whole.ts';

const test = suite("the server's certificate");

const NOW = new Date('2026-03-02T08:00:00Z');

async function made(
  { library }: WholeLibrary,
  { time = NOW, trusted = true, hosts = [] as string[], env = library.env } = {},
): Promise<X509Certificate> {
  const pages = { ...library.config.pages, hosts };
  const config = { ...library.config, pages };
  const options = { ...library, config, env, moment: { time, trusted } };
  const { pem, fingerprint } = await ensureCertificate(options);
  const x509 = new X509Certificate(pem);
  assert.is(fingerprint, x509.fingerprint256);
  return x509;
}

const spki = ({ publicKey }: X509Certificate) =>
  createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }))
    .export({ type: 'spki', format: 'der' })
    .toString('hex');

test('is made once, for nobody else to read, and has the names of the server', async () => {
  await using whole = await openWhole();
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('ds-certificate-'));
  const first = await made(whole, { hosts: ['biblioteca.example', '10.0.0.1'] });
  assert.match(first.subject, /CN=schoolserver/);
  assert.match(
    String(first.subjectAltName),
    /^DNS:schoolserver, DNS:biblioteca\.example, IP Address:10\.0\.0\.1, DNS:/,
  );
  assert.equal([first.ca, first.keyUsage], [false, ['1.3.6.1.5.5.7.3.1']]);
  const { paths } = whole.library;
  assert.is(statSync(httpsCertificate(paths)).mode & 0o777, 0o600);
  assert.is(readFingerprint(paths), first.fingerprint256);
  assert.is((await made(whole)).fingerprint256, first.fingerprint256, 'names may be left over');
  assert.equal(
    readdirSync(tmpdir()).filter((name) => name.startsWith('ds-certificate-')),
    before,
  );
});

test('is valid whatever the clock shows when it is made, and where it is looked at', async () => {
  for (const [time, end] of [
    ['1970-01-01T00:00:10Z', 2049],
    ['2026-03-02T08:00:00Z', 2051],
    ['2071-03-02T08:00:00Z', 2096],
  ] as const) {
    await using whole = await openWhole();
    const x509 = await made(whole, { time: new Date(time) });
    assert.is(Date.parse(x509.validFrom), 0, time);
    assert.is(new Date(x509.validTo).getUTCFullYear(), end, time);
  }
});

test('is made anew a year before its end, with the same key; not by a clock that is not believed', async () => {
  await using whole = await openWhole();
  const first = await made(whole);
  const time = new Date('2051-06-01T00:00:00Z');
  assert.is((await made(whole, { time, trusted: false })).fingerprint256, first.fingerprint256);
  const second = await made(whole, { time });
  assert.is.not(second.fingerprint256, first.fingerprint256);
  assert.is(spki(second), spki(first));
  assert.is(new Date(second.validTo).getUTCFullYear(), 2076);
  assert.is.not(second.serialNumber, first.serialNumber, 'Firefox refuses two with one number');
});

test('gets a name that the settings add', async () => {
  await using whole = await openWhole();
  const first = await made(whole);
  const second = await made(whole, { hosts: ['biblioteca.example'] });
  assert.match(String(second.subjectAltName), /DNS:biblioteca\.example/);
  assert.is(spki(second), spki(first));
});

test('a damaged one is replaced, whatever is left of it', async () => {
  await using whole = await openWhole();
  const first = await made(whole);
  const file = httpsCertificate(whole.library.paths);
  const damages = [
    () => truncateSync(file, 0),
    () => truncateSync(file, 300),
    () => writeFileSync(file, readFileSync(file, 'utf8').replace(/[a-z]{3}/, 'AAA')),
  ];
  let last = first.fingerprint256;
  for (const damage of damages) {
    damage();
    assert.is(readFingerprint(whole.library.paths), null);
    const next = await made(whole);
    assert.is.not(next.fingerprint256, last);
    last = next.fingerprint256;
    assert.is(readFingerprint(whole.library.paths), last);
  }
});

test('without openssl it says what to install, and leaves nothing behind', async () => {
  await using whole = await openWhole();
  const problem = await made(whole, { env: { PATH: '/nowhere' } }).catch((error) => error);
  assert.is(problem.code, 'missing-tool');
  assert.match(problem.hint, /apt-get install openssl/);
  assert.not(existsSync(httpsCertificate(whole.library.paths)));
});

test.run();
