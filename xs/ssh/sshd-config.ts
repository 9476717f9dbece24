/**
 * The configuration of the embedded sshd: keys only, no forwarding, and limits that let laptops in while
 * strangers knock. Options that the installed sshd does not know are left out.
 */
import { run } from '../../shared/system/run.ts';
import { hostKey, inState, oldHostKey, type Paths } from '../storage/paths.ts';
import { formatOldAlgorithms } from './old-algorithms.ts';

export const SSHD = '/usr/sbin/sshd';

/**
 * Against connections that never log in. A class logs in at the same moment, perhaps from one address
 * behind a router; a login takes a second or two, an old laptop's five. An idle connection costs two
 * processes and about 2 MB until its time is over.
 */
const STRANGERS = [
  'LoginGraceTime 20',
  // Refused at random from 400 on: 100 strangers were in nobody's way (`access.slow.ts`).
  'MaxStartups 400:30:600',
];
/** Of newer versions of sshd: since 8.5, 8.5, 9.2 and 9.8. */
const NEWER_OPTIONS = [
  // One stranger alone does not come near MaxStartups. Whoever has a /64 of IPv6 has all of it.
  'PerSourceMaxStartups 40',
  'PerSourceNetBlockSize 32:64',
  // A connection without a channel is of no use: a laptop opens one at once.
  'UnusedConnectionTimeout 60s',
  // Otherwise a few wrong keys of one stranger lock out everybody behind the same router.
  'PerSourcePenalties no',
];

/** The text of sshd_config. The host keys must be there already. */
export async function sshdConfig(
  paths: Paths,
  { host, port, env }: { host: string; port: number; env: NodeJS.ProcessEnv },
): Promise<string> {
  const files = inState(paths);
  const hostKeys = [`HostKey ${hostKey(paths)}`, `HostKey ${oldHostKey(paths)}`];
  const isKnown = (line: string) => knows(line, hostKey(paths), env);
  return `${[
    `Port ${port}`,
    `ListenAddress ${host}`,
    ...hostKeys,
    `AuthorizedKeysFile ${files.keys('%u')}`,
    'StrictModes no', // the files of keys are the service's, not the login user's
    'PidFile none',
    'UsePAM no',
    'AuthenticationMethods publickey',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin no',
    'DenyUsers root sshd',
    'PermitUserRC no',
    'PermitTTY no',
    'DisableForwarding yes',
    'PrintMotd no',
    'PrintLastLog no',
    'UseDNS no',
    'Compression no', // rsync compresses better
    'MaxSessions 8', // a run has its control channel and two of rsync at most
    ...STRANGERS,
    // Detects a vanished laptop after 32 s; OpenSSH 9.2 probes only every second interval: 64 s.
    'ClientAliveInterval 8',
    'ClientAliveCountMax 3',
    ...(await keepKnown(NEWER_OPTIONS, isKnown)),
    ...(await formatOldAlgorithms(env)),
  ].join('\n')}\n`;
}

/** Those lines that this sshd knows, in their order. */
export async function keepKnown(
  lines: readonly string[],
  isKnown: (line: string) => Promise<boolean>,
): Promise<string[]> {
  const known = await Promise.all(lines.map(isKnown));
  return lines.filter((_, index) => known[index]);
}

/** sshd ends with an error for an option that it does not know. */
async function knows(line: string, key: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const [option = '', value = ''] = line.split(' ');
  const words = ['-t', '-f', '/dev/null', '-h', key, '-o', `${option}=${value}`];
  const { stderr } = await run(SSHD, words, { env, accept: [1, 255] });
  return !stderr.includes('Bad configuration option');
}
