/**
 * What original clients need of SSH (OpenSSH 5.3 and 6.1) and newer versions have switched off or removed:
 * their owner.key is DSA, their signatures are SHA-1.
 */
import type { Serial } from '../../shared/ids.ts';
import { run } from '../../shared/system/run.ts';
import type { Laptop } from '../registration/laptop-record.ts';

/** `ssh -Q` word, option of sshd, and what OpenSSH 5.3 and 6.1 can use of it. */
const OLD_ALGORITHMS: readonly (readonly [string, string, readonly string[]])[] = [
  ['key-sig', 'HostKeyAlgorithms', ['ssh-rsa']],
  ['key-sig', 'PubkeyAcceptedAlgorithms', ['ssh-rsa', 'ssh-dss']],
  ['kex', 'KexAlgorithms', ['diffie-hellman-group-exchange-sha256', 'diffie-hellman-group14-sha1']],
  ['cipher', 'Ciphers', ['aes128-ctr', 'aes256-ctr']],
  ['mac', 'MACs', ['umac-64@openssh.com', 'hmac-sha1']],
];
const DSA = 'ssh-dss';

async function known(query: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  return (await run('ssh', ['-Q', query], { env })).stdout.split('\n');
}

/** Lines for sshd's configuration, as far as this version still has what they ask for. */
export async function formatOldAlgorithms(env: NodeJS.ProcessEnv): Promise<string[]> {
  const lines: string[] = [];
  for (const [query, option, wanted] of OLD_ALGORITHMS) {
    const names = await known(query, env);
    const usable = wanted.filter((name) => names.includes(name));
    if (usable.length > 0) lines.push(`${option} +${usable.join(',')}`);
  }
  return lines;
}

/** Whether OpenSSH cannot check DSA keys any more: from version 10 on, by no option. */
export async function refusesDsa(env: NodeJS.ProcessEnv): Promise<boolean> {
  try {
    return !(await known('key-sig', env)).includes(DSA);
  } catch {
    return false; // ssh does not start for a user without an account; the service has to
  }
}

/**
 * The laptops in use that have nothing but a DSA key: they cannot log in where OpenSSH `refuses` it, which
 * is asked only if there are any.
 */
export async function lockedOut(
  laptops: readonly (readonly [Serial, Laptop])[],
  refuses: () => Promise<boolean>,
): Promise<(readonly [Serial, Laptop])[]> {
  const old = laptops.filter(([, { keys, retired }]) => {
    return retired === null && keys.own === null && keys.sugar?.startsWith(`${DSA} `);
  });
  return old.length > 0 && (await refuses()) ? old : [];
}
