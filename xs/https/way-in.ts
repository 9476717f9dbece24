/** Where teachers come in over HTTPS, as people are told. */

import type { Library } from '../library.ts';
import { parseAddress } from '../setting-values.ts';
import { readFingerprint } from './certificate.ts';

export interface WayIn {
  address: string;
  port: number;
  /** What browsers show of the certificate (SHA-256); null before the service has made one. */
  fingerprint: string | null;
}

/** Null where the settings switch it off. */
export function httpsWayIn({
  config: { http, https },
  listening,
  paths,
}: Pick<Library, 'config' | 'listening' | 'paths'>): WayIn | null {
  if (https.listen === 'off') return null;
  const { port } = listening.https ?? parseAddress(https.listen);
  const fingerprint = listening.https?.fingerprint ?? readFingerprint(paths);
  return { address: `https://${http.name}:${port}/xs-backup`, port, fingerprint };
}
