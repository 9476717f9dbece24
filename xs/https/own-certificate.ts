/**
 * The school's own certificate, which browsers know already: read from the files of the settings, checked, and
 * said plainly where it does not serve. The certificate that the server makes itself then stands in for it.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DAY_MS } from '../../shared/clock.ts';
import { DsError, isErrno } from '../../shared/errors.ts';
import type { Config } from '../config.ts';
import type { Certificate } from './certificate.ts';

export type OwnFiles = Pick<Config['https'], 'certificate' | 'key'>;

/** Told so long before its end, in milliseconds: two weeks. */
const SOON_MS = 14 * DAY_MS;

export interface Own {
  certificate: Certificate;
  /** It still serves, but not for long. */
  warning: DsError | null;
}

/**
 * Undefined where the settings name none. Throws `config` for files that cannot be read, are no certificate or key,
 * or do not belong together, and for a certificate whose time is over, or has not begun, by a clock that is believed.
 */
export function readOwn(
  { certificate, key }: OwnFiles,
  { time, trusted }: { time: Date; trusted: boolean },
): Own | undefined {
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined) {
    const missing = certificate === undefined ? 'https.certificate' : 'https.key';
    throw unfit(`${missing} is not set, and the other is`, 'both are needed, or none');
  }
  const chain = read('https.certificate', certificate);
  const secret = read('https.key', key);
  const x509 = parsed('https.certificate', certificate, () => new X509Certificate(chain));
  const owner = parsed('https.key', key, () => createPrivateKey(secret));
  if (!x509.checkPrivateKey(owner)) {
    throw unfit(`https.key = "${key}" is not the key of https.certificate = "${certificate}"`);
  }
  if (trusted && time.getTime() < Date.parse(x509.validFrom)) {
    throw unfit(`https.certificate = "${certificate}" begins on ${x509.validFrom}`);
  }
  const left = Date.parse(x509.validTo) - time.getTime();
  const ends = `https.certificate = "${certificate}"`;
  if (trusted && left <= 0) throw unfit(`${ends} ended on ${x509.validTo}`, 'renew it');
  const warning = trusted && left < SOON_MS ? unfit(`${ends} ends on ${x509.validTo}`) : null;
  const pem = `${owner.export({ type: 'pkcs8', format: 'pem' })}${chain}`;
  return { certificate: { pem, fingerprint: x509.fingerprint256 }, warning };
}

function read(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = isErrno(error, 'ENOENT')
      ? 'there is no such file'
      : isErrno(error, 'EACCES')
        ? 'the service may not read it'
        : String(error);
    throw unfit(`${setting} = "${path}": ${why}`);
  }
}

function parsed<T>(setting: string, path: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    const what = setting === 'https.key' ? 'private key without a password' : 'certificate';
    throw unfit(`${setting} = "${path}" is not a ${what} in PEM`);
  }
}

function unfit(message: string, hint?: string): DsError {
  return new DsError('config', message, hint === undefined ? {} : { hint });
}
