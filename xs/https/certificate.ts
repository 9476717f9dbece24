/**
 * The certificate by which teachers' browsers know this server: made by openssl, signed by itself, kept in
 * the library with its key, in one file. It is valid whatever a clock shows, so that a wrong one locks nobody
 * out, and is made anew only where its names or its end ask for it: browsers then warn once more.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chownSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY_MS } from '../../shared/clock.ts';
import { DsError, isErrno } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { run } from '../../shared/system/run.ts';
import type { Config } from '../config.ts';
import type { Faults } from '../ground/faults.ts';
import type { Ownership } from '../storage/ownership.ts';
import { httpsCertificate, type Paths } from '../storage/paths.ts';

export interface Certificate {
  /** Private key and certificate, in PEM. */
  pem: string;
  /** SHA-256 of the certificate as browsers show it: `AB:CD:…`. */
  fingerprint: string;
}

const OPENSSL = 'openssl';
/** The start of the era: a laptop whose clock has lost its battery shows that. */
const NOT_BEFORE = '19700101000000Z';
/** So long it is valid: from now by the server's clock, but at least up to the end of 2049. */
const YEARS = 25;
const EARLIEST_END = 2049;
/** So long before its end it is made anew, in milliseconds: a year. */
const RENEWED_MS = 366 * DAY_MS;
/** Names longer than this have no room in a certificate's subject. */
const MAX_SUBJECT = 64;

/** The names of this server for browsers: those of the settings, and then the machine's. */
export function hostNames({ http, pages }: Pick<Config, 'http' | 'pages'>): string[] {
  return [...new Set([http.name, ...pages.hosts, hostname(), `${hostname()}.local`])];
}

export interface CertificateOptions {
  config: Pick<Config, 'http' | 'pages'>;
  paths: Paths;
  ownership: Ownership;
  /** The server's clock, and whether it is believed: if not, nothing is made anew because of it. */
  moment: { time: Date; trusted: boolean };
  env: NodeJS.ProcessEnv;
  log: Log;
  faults: Faults;
}

/**
 * The certificate in the library, or a new one. Where that cannot be written it serves until the next start.
 * Throws `missing-tool` or `program-failed`.
 */
export async function ensureCertificate(options: CertificateOptions): Promise<Certificate> {
  const { config, paths, ownership, moment, log, faults } = options;
  const file = httpsCertificate(paths);
  const found = readCertificate(paths, ownership);
  if (typeof found === 'object') {
    // The machine's own name may change with every network; a certificate should not.
    const why = whyAnew(found.x509, [config.http.name, ...config.pages.hosts], moment);
    if (why === null) return found.certificate;
    log.warn('certificate-renewed', { reason: why });
  } else if (found === 'damaged') log.warn('certificate-renewed', { reason: 'it is damaged' });
  const pem = await make(options, typeof found === 'object' ? found.certificate.pem : undefined);
  faults.attempt('library', () => writeFileDurably(file, pem, 0o600));
  return { pem, fingerprint: new X509Certificate(pem).fingerprint256 };
}

/** What browsers show of the certificate in the library; null if there is none that can be read. */
export function readFingerprint(paths: Paths): string | null {
  const found = readCertificate(paths);
  return typeof found === 'object' ? found.certificate.fingerprint : null;
}

type Found = { certificate: Certificate; x509: X509Certificate };

function readCertificate(paths: Paths, ownership?: Ownership): Found | 'absent' | 'damaged' {
  const file = httpsCertificate(paths);
  try {
    // The library may have been copied by another user.
    if (ownership?.ownUid === 0 && lstatSync(file).uid !== 0) chownSync(file, 0, 0);
    const pem = readFileSync(file, 'utf8');
    const x509 = new X509Certificate(pem);
    if (!x509.checkPrivateKey(createPrivateKey(pem))) return 'damaged';
    return { certificate: { pem, fingerprint: x509.fingerprint256 }, x509 };
  } catch (error) {
    return isErrno(error, 'ENOENT') ? 'absent' : 'damaged';
  }
}

/** Null while it serves. */
function whyAnew(
  x509: X509Certificate,
  names: readonly string[],
  { time, trusted }: CertificateOptions['moment'],
): string | null {
  const missing = names.find((name) => !hasName(x509, name));
  if (missing !== undefined) return `it has not the name ${missing}`;
  const left = Date.parse(x509.validTo) - time.getTime();
  return trusted && left < RENEWED_MS ? `it ends on ${x509.validTo}` : null;
}

function hasName(x509: X509Certificate, name: string): boolean {
  const list = (x509.subjectAltName ?? '').split(', ');
  return list.includes(isIP(name) ? `IP Address:${name}` : `DNS:${name}`);
}

/** A certificate, of the same key if there is one. */
async function make(
  { config, moment, env }: CertificateOptions,
  known: string | undefined,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ds-certificate-'));
  try {
    const options = { env, cwd: folder };
    const settings = join(folder, 'settings');
    writeFileSync(settings, settingsOf(hostNames(config)));
    writeFileSync(join(folder, 'index'), '');
    const curve = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    const key =
      known === undefined
        ? (await run(OPENSSL, ['genpkey', ...curve], options)).stdout
        : String(createPrivateKey(known).export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(join(folder, 'key'), key, { mode: 0o600 });
    const common = ['-config', settings, '-batch'];
    await run(OPENSSL, ['req', '-new', ...common, '-key', 'key', '-out', 'request'], options);
    const year = Math.max(EARLIEST_END, moment.time.getUTCFullYear() + YEARS);
    const validity = ['-startdate', NOT_BEFORE, '-enddate', `${year}1231235959Z`];
    const signed = ['-selfsign', '-keyfile', 'key', '-in', 'request', '-out', 'certificate'];
    await run(OPENSSL, ['ca', ...common, '-notext', ...validity, ...signed], options);
    return key + readFileSync(join(folder, 'certificate'), 'utf8');
  } catch (error) {
    if (!(error instanceof DsError) || error.code !== 'missing-tool') throw error;
    const hint = 'apt-get install openssl, or set https.listen = "off"';
    throw new DsError('missing-tool', error.message, { hint, cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** For openssl: what `ca` demands, and what browsers look at. */
function settingsOf(names: readonly string[]): string {
  // The settings allow no others; a machine may have any name.
  const plain = names.filter((name) => /^[\w.-]+$/.test(name));
  const alternatives = plain.map((name) => (isIP(name) ? `IP:${name}` : `DNS:${name}`));
  return `[req]
prompt = no
distinguished_name = subject
[subject]
CN = ${(plain[0] ?? '').slice(0, MAX_SUBJECT)}
[ca]
default_ca = own
[own]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = server
[any]
commonName = supplied
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = ${alternatives.join(', ')}
`;
}
