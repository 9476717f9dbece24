/**
 * Sugar's own registration, and the command lines of the original client, ds-backup.py, for stock rsync and ssh.
 * Added to its lines are only the port, a known_hosts file of the test's own, and that ssh uses nothing but the
 * algorithms of its time.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Laptop } from './laptop.ts';
import type { School } from './school.ts';

/** What the ssh of an XO offers, as far as ours still has it: nothing newer may be needed. */
export const OPENSSH_5_3 = {
  KexAlgorithms:
    'diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,' +
    'diffie-hellman-group14-sha1,diffie-hellman-group1-sha1',
  HostKeyAlgorithms: 'ssh-rsa,ssh-dss',
  PubkeyAcceptedAlgorithms: 'ssh-rsa,ssh-dss',
  Ciphers: 'aes128-ctr,aes192-ctr,aes256-ctr,aes128-cbc,3des-cbc,aes192-cbc,aes256-cbc',
  MACs: 'hmac-md5,hmac-sha1,umac-64@openssh.com,hmac-sha1-96,hmac-md5-96',
};
export type Offers = typeof OPENSSH_5_3;
export const OPENSSH_6_1: Offers = {
  ...OPENSSH_5_3,
  KexAlgorithms: `ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,${OPENSSH_5_3.KexAlgorithms}`,
  HostKeyAlgorithms: 'ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,ssh-rsa,ssh-dss',
  MACs: 'hmac-md5,hmac-sha1,umac-64@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1-96,hmac-md5-96',
};

export interface OldTools {
  offers?: Offers;
  /** Options of the rsync of its time. */
  rsync?: readonly string[];
}
/** Protocol 29 is that of rsync 2.6.9: no letters are sent after `e.`. */
export const RSYNC_2_6_9 = ['--protocol=29'];

function originalSsh(school: School, laptop: Laptop, offers: Offers): string {
  return [
    `ssh -F /dev/null -o "PasswordAuthentication no" -o "StrictHostKeyChecking no"`,
    `-i ${join(laptop.profile, 'owner.key')} -l ${laptop.serial}`,
    `-p ${school.server.sshPort} -o "UserKnownHostsFile ${join(laptop.home, 'known_hosts')}"`,
    ...Object.entries(offers).map(([name, value]) => `-o "${name} ${value}"`),
    `-o "LogLevel ERROR"`,
  ].join(' ');
}

/** The words after `rsync` that mirror a folder. */
export function mirrorWords(
  school: School,
  laptop: Laptop,
  from: string,
  to: string,
  { offers = OPENSSH_5_3, rsync = [] }: OldTools = {},
): string[] {
  const ssh = originalSsh(school, laptop, offers);
  const options = ['-z', '-rlt', '--partial', '--delete', '--timeout=160', ...rsync];
  return [...options, '-e', ssh, `${from}/`, `127.0.0.1:${to}`];
}

/** The words after `rsync` that say that the mirror is complete. */
export function completionWords(
  school: School,
  laptop: Laptop,
  { offers = OPENSSH_5_3, rsync = [] }: OldTools = {},
): string[] {
  const empty = join(laptop.home, 'empty');
  writeFileSync(empty, '');
  const options = ['-z', '-rlt', '--timeout=10', '-T', '/tmp', ...rsync];
  const target = `127.0.0.1:/var/lib/ds-backup/completion/${laptop.serial}`;
  return [...options, '-e', originalSsh(school, laptop, offers), empty, target];
}

const REGISTER = `
import sys
from jarabe.desktop import schoolserver
print('registered' if schoolserver.register_laptop(sys.argv[1]) else 'refused')
`;

/** A profile as Sugar leaves it after its first start. */
export async function makeProfile(laptop: Laptop, nick: string): Promise<void> {
  const key = join(laptop.profile, 'owner.key');
  execFileSync('ssh-keygen', ['-q', '-t', 'dsa', '-C', '', '-N', '', '-f', key]);
  await laptop.setSetting('org.sugarlabs.user', 'nick', nick);
  await laptop.setSetting('org.sugarlabs.user', 'color', '#FF2B34,#005FE4');
}

/** What Sugar's menu does. */
export async function register(laptop: Laptop, url: string) {
  await laptop.startBus();
  return laptop.run('/usr/bin/python3', ['-c', REGISTER, `${url}/`]);
}

/** Mirrors a folder as `to`. */
export const mirror = (
  school: School,
  laptop: Laptop,
  from: string,
  to: string,
  offers: Offers = OPENSSH_5_3,
) => laptop.run('rsync', mirrorWords(school, laptop, from, to, { offers }));

/** Says that the mirror is complete. */
export function complete(school: School, laptop: Laptop) {
  return laptop.run('rsync', completionWords(school, laptop));
}
