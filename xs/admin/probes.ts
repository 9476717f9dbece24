/**
 * Tries what laptops need of a running service: whether its ports answer, from this machine, and
 * whether a session can be confined and reads and writes what it must.
 */
import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { asDsError } from '../../shared/errors.ts';
import { run } from '../../shared/system/run.ts';
import type { Library } from '../library.ts';
import { type Address, parseAddress } from '../setting-values.ts';
import { inLaptop, inState } from '../storage/paths.ts';

export interface Probes {
  /** Whether the service runs; the other checks need it. */
  running: boolean;
  /** Ports at which nobody, or somebody else, answers. */
  closedPorts: { port: number; purpose: 'ask' | 'register' | 'transfer' }[];
  /** Why no session of a laptop can work, in English; null when one can, or none was tried. */
  sandbox: string | null;
  /** What was tried: a laptop's session with its folders; only its sandbox, as there is no laptop; or neither. */
  sessionTried: 'whole' | 'empty' | 'no';
}

/** A healthy service answers in milliseconds; a school's slow one under load in seconds. */
const PATIENCE_MS = 4000;
/** The port that packages and laptops expect, where nothing else is said. */
const USUAL_PORTS = { listen: 8080, public: 80 } as const;

/** Takes some milliseconds, at most about four seconds. Never throws. */
export async function probe(library: Library): Promise<Probes> {
  if (!library.serving)
    return { running: false, closedPorts: [], sandbox: null, sessionTried: 'no' };
  const [session, closedPorts] = await Promise.all([trySession(library), findClosed(library)]);
  return { running: true, closedPorts, ...session };
}

type Listening = Pick<Library, 'listening' | 'config'>;

/** Of the ports that should answer, those that do not; in four seconds at most. */
async function findClosed(listening: Listening): Promise<Probes['closedPorts']> {
  const ports = portsOf(listening);
  const answered = await Promise.all(ports.map(({ isOpen }) => isOpen()));
  return ports
    .filter((_, index) => !answered[index])
    .map(({ port, purpose }) => ({ port, purpose }));
}

/** The same without the service, by its settings; a port that it chose itself is not known. */
export function findClosedPorts(config: Library['config']): Promise<Probes['closedPorts']> {
  const [http, ssh] = [parseAddress(config.http.listen), parseAddress(config.ssh.listen)];
  const listening = { ...(http.port > 0 && { http }), ...(ssh.port > 0 && { ssh }) };
  return findClosed({ config, listening });
}

interface PortCheck {
  port: number;
  purpose: Probes['closedPorts'][number]['purpose'];
  isOpen: () => Promise<boolean>;
}

/** The ports that should answer; those of a service that is still starting are left out. */
function portsOf({ listening, config }: Listening): PortCheck[] {
  const { http, ssh } = listening;
  const checks: PortCheck[] = [];
  if (http) {
    const { port } = http;
    checks.push({ port, purpose: 'register', isOpen: () => answersHttp(localOf(http)) });
    const publicPort = publicPortOf(config.http);
    if (publicPort !== 0 && publicPort !== port) {
      const outside = { host: '127.0.0.1', port: publicPort };
      checks.push({ port: publicPort, purpose: 'ask', isOpen: () => answersHttp(outside) });
    }
  }
  if (ssh) {
    const isOpen = () => greets(localOf(ssh));
    checks.push({ port: ssh.port, purpose: 'transfer', isOpen });
  }
  return checks;
}

/** `http://schoolserver`: where laptops and children's browsers come in. */
export function publicAddress({ http }: Pick<Library['config'], 'http'>): string {
  const port = publicPortOf(http) || parseAddress(http.listen).port;
  return `http://${http.name}${port === 80 ? '' : `:${port}`}`;
}

/** 0 where `http.listen` is all there is. */
function publicPortOf({ listen, publicPort }: Library['config']['http']): number {
  if (publicPort !== undefined) return publicPort;
  return parseAddress(listen).port === USUAL_PORTS.listen ? USUAL_PORTS.public : 0;
}

/** How this machine reaches a port that listens at every address. */
function localOf({ host, port }: Address): Address {
  return { host: ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host, port };
}

/** Whether our own program answers: with 404 and no text at all, for no laptop has this serial number. */
function answersHttp({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host, port, path: '/backup/1/available/-', timeout: PATIENCE_MS };
    const request = get({ ...options, agent: false }, (response) => {
      const type = response.headers['content-type'] ?? '';
      const isOurs = response.statusCode === 404 && type.startsWith('text/plain');
      // Other programs say in plain text that they know no such page; ours says nothing.
      response.once('data', () => resolve(false)).once('end', () => resolve(isOurs));
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', () => resolve(false)).once('close', () => resolve(false));
  });
}

function greets({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PATIENCE_MS });
    const end = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('data', (bytes) => end(bytes.toString().startsWith('SSH-')));
    socket.once('timeout', () => end(false)).once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}

/** The name that no laptop has: the session script then tries its sandbox alone. */
const NO_LAPTOP = 'check';

/** Runs the session script's own check as the user of the sessions: for one laptop, if there is one. */
async function trySession(library: Library): Promise<Pick<Probes, 'sandbox' | 'sessionTried'>> {
  const { paths, ownership, env } = library;
  const { session, sessionConfig } = inState(paths);
  if (!library.listening.ssh) return { sandbox: null, sessionTried: 'no' };
  const serial = library
    .serials()
    .find(
      (one) => library.registrations.isActive(one) && existsSync(inLaptop(paths, one).incoming),
    );
  const sessionTried = serial ? 'whole' : 'empty';
  const script = ['/bin/sh', session, sessionConfig, serial ?? NO_LAPTOP];
  const { ownUid, sessionUid, sessionGid } = ownership;
  const ids = ['--reuid', `${sessionUid}`, '--regid', `${sessionGid}`, '--clear-groups'];
  const [command = '', ...args] =
    ownUid === 0 && sessionUid !== 0 ? ['setpriv', ...ids, ...script] : script;
  try {
    const timed = AbortSignal.timeout(PATIENCE_MS);
    const asked = { PATH: env.PATH, SSH_ORIGINAL_COMMAND: 'check' };
    await run(command, args, { env: asked, cwd: '/', signal: timed });
    return { sandbox: null, sessionTried };
  } catch (error) {
    return { sandbox: asDsError(error).message, sessionTried };
  }
}
