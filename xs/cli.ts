/**
 * `xs-backup`: serve laptops, and what an admin asks for at the terminal.
 */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { realClock } from '../shared/clock.ts';
import type { ConfigTree } from '../shared/config.ts';
import { DsError } from '../shared/errors.ts';
import { parseSerial, parseSnapshotName } from '../shared/ids.ts';
import { lockFile } from '../shared/lock.ts';
import type { Log } from '../shared/log.ts';
import { pairingCode } from '../shared/pairing.ts';
import { VERSION } from '../shared/version.ts';
import type { Access } from './access.ts';
import { type Config, readConfig } from './config.ts';
import { inState } from './paths.ts';
import { type KeyKind, Registrations } from './registration.ts';
import { startService } from './service.ts';
import { findSnapshot, listSnapshots } from './snapshots.ts';
import { openStore } from './store.ts';
import { sumsOf } from './sums.ts';

export const HELP = `xs-backup: the school server's side of ds-backup

  xs-backup serve                     serve laptops until stopped
  xs-backup laptops [--json]          who is registered, who is safe, which keys wait
  xs-backup approve SERIAL [--kind own|sugar]
                                      a teacher's yes to a waiting key
  xs-backup snapshots SERIAL [--json] the snapshots of a laptop, newest first
  xs-backup sums SERIAL SNAPSHOT      their SHA-256, for "sha256sum -c" in the snapshot's folder
  xs-backup --help | --version

  --config FILE   settings (default: /etc/xs-backup/config.toml)
  --library DIR, --state DIR, --completion DIR, --listen ADDRESS:PORT, --ssh-listen ADDRESS:PORT
                  over what the file says

exit code: 0 done, 1 failed, 2 wrong arguments
`;

export interface CliOptions {
  args: string[];
  /** The user and group ids of this process. */
  uid: number;
  gid: number;
  env: NodeJS.ProcessEnv;
  /** Where the session script lies. */
  sessionScript: string;
  log: Log;
  print: (text: string) => void;
  /** Fires when the service shall stop. */
  signal: AbortSignal;
}

/** Runs one command. Throws DsErrors; `usage` ones mean exit code 2. */
export async function runCli(options: CliOptions): Promise<void> {
  const { values, positionals } = parse(options.args);
  if (values.help) return options.print(HELP);
  if (values.version) return options.print(`xs-backup ${VERSION}\n`);
  const [command, ...rest] = positionals;
  const config = readConfig(values.config, flagsOf(values));
  switch (command) {
    case 'serve':
      return serve(options, config);
    case 'laptops':
      return printLaptops(options, config, values.json ?? false);
    case 'approve':
      return approve(options, config, rest[0], values.kind);
    case 'snapshots':
      return printSnapshots(options, config, rest[0], values.json ?? false);
    case 'sums':
      return printSums(options, config, rest[0], rest[1]);
    default:
      throw usage(command ? `there is no command "${command}"` : 'a command is needed');
  }
}

function parse(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...{ config: text, library: text, state: text, completion: text, kind: text },
        ...{ listen: text, 'ssh-listen': text },
        ...{ json: flag, help: flag, version: flag },
      },
    });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

function flagsOf(values: ReturnType<typeof parse>['values']): ConfigTree {
  const { library, state, completion } = values;
  return {
    ...(library !== undefined && { library }),
    ...(state !== undefined && { state }),
    ...(completion !== undefined && { completion }),
    ...(values.listen !== undefined && { http: { listen: values.listen } }),
    ...(values['ssh-listen'] !== undefined && { ssh: { listen: values['ssh-listen'] } }),
  };
}

async function serve(options: CliOptions, config: Config): Promise<void> {
  const { env, log, sessionScript, signal } = options;
  const access = accessOf(options, config);
  await using service = await startService({
    config,
    access,
    sessionScript,
    clock: realClock,
    log,
    env,
  });
  log.info('serving', {
    httpPort: service.httpPort,
    sshPort: service.sshPort,
    library: config.library,
  });
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  log.info('stopping');
}

/** Root must not run sessions as root; anybody else runs them as themselves. */
function accessOf({ uid, gid }: CliOptions, config: Config): Access {
  if (uid !== 0) return { ownUid: uid, sessionUid: uid, sessionGid: gid };
  const sessionUid = config.ssh.uid;
  if (sessionUid === undefined) {
    throw new DsError('config', 'run by root, the service needs "ssh.uid" for its sessions', {
      hint: 'make a user without a shell (adduser --system ds-receive) and put its id there, or run the service as an ordinary user',
    });
  }
  return { ownUid: 0, sessionUid, sessionGid: sessionUid };
}

function registrationsOf({ uid, gid, log }: CliOptions, paths: Config): Registrations {
  const access = { ownUid: uid, sessionUid: uid, sessionGid: gid };
  const onKeys = () => {};
  return new Registrations({ paths, access, clock: realClock, log, open: false, onKeys });
}

async function printLaptops(options: CliOptions, config: Config, json: boolean): Promise<void> {
  const registrations = registrationsOf(options, config);
  await using store = await openStore(config, () => registrations.all().map(([serial]) => serial));
  const overview = new Map((await store.overview()).map((row) => [row.serial, row]));
  const hostKey = readFileSync(`${inState(config).hostKey}.pub`, 'utf8');
  const rows = registrations.all().map(([serial, laptop]) => {
    const known = overview.get(serial);
    return {
      serial,
      nick: laptop.nick,
      enrolled: laptop.keys.own !== null,
      snapshots: known?.snapshots ?? 0,
      newest: known?.newest ?? null,
      lastSuccess: known?.lastSuccess ?? null,
      waiting: laptop.pending.map(({ kind, key, since }) => ({
        ...{ kind, since, code: pairingCode(serial, hostKey, key) },
      })),
    };
  });
  if (json) return options.print(`${JSON.stringify({ laptops: rows })}\n`);
  for (const row of rows) {
    const waiting = row.waiting.map(({ kind, code }) => `  ${kind} key waits, code ${code}`);
    const safe = row.lastSuccess ? `safe ${row.lastSuccess}` : 'never backed up';
    options.print(
      `${row.serial}  ${row.nick}  ${row.snapshots} snapshots  ${safe}${waiting.join('')}\n`,
    );
  }
}

async function approve(options: CliOptions, config: Config, name?: string, kind = 'own') {
  if (kind !== 'own' && kind !== 'sugar') throw usage('--kind is "own" or "sugar"');
  const serial = parseSerial(name);
  await using _notServing = await lockFile(inState(config).serviceLock, {
    env: options.env,
    waitSeconds: 0,
  }).catch((cause) => {
    throw new DsError('busy', 'the service is running and holds the registrations', {
      hint: 'stop it, approve, and start it again; nothing is lost meanwhile',
      cause,
    });
  });
  registrationsOf(options, config).approve(serial, kind satisfies KeyKind);
  options.print(`${serial}: approved\n`);
}

function printSnapshots(options: CliOptions, config: Config, name?: string, json = false): void {
  const snapshots = listSnapshots(config, parseSerial(name));
  const lines = snapshots.map(
    (one) => `${one.name}  #${one.sequence}  ${one.entries} entries  ${one.bytes} bytes\n`,
  );
  options.print(json ? `${JSON.stringify({ snapshots })}\n` : lines.join(''));
}

function printSums(options: CliOptions, config: Config, serial?: string, name?: string): void {
  const manifest = findSnapshot(config, parseSerial(serial), parseSnapshotName(name));
  for (const line of sumsOf(manifest)) options.print(`${line}\n`);
}

function usage(message: string): DsError {
  return new DsError('usage', message, { hint: '"xs-backup --help" lists the commands' });
}
