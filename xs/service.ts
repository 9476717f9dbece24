/**
 * The school server's service, put together by four builders in this order: transfers (leases and sshd),
 * backups (intake and chores), the sockets of laptops and of the terminal, and the public HTTP side.
 * Everything is stopped in reverse order, within ten seconds.
 */
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../shared/clock.ts';
import { asDsError, DsError } from '../shared/errors.ts';
import type { Serial } from '../shared/ids.ts';
import type { Log } from '../shared/log.ts';
import { Cleanup } from '../shared/system/cleanup.ts';
import { formatMetrics } from './admin/metrics.ts';
import { readStatus } from './admin/status.ts';
import { serveApi } from './api/api.ts';
import { createPublicApp } from './api/app.ts';
import { serveAt } from './api/inherited-sockets.ts';
import { addQuietRoutes } from './api/quiet-day.ts';
import { WebLinks } from './api/web-links.ts';
import { Chores } from './chores/chores.ts';
import { DayKeeper } from './chores/day-keeper.ts';
import { supervise } from './chores/supervision.ts';
import { serveCommands } from './commands/service-socket.ts';
import type { Config } from './config.ts';
import type { Faults } from './ground/faults.ts';
import { startHttps } from './https/listener.ts';
import { OpenPort } from './https/open-port.ts';
import { DailyCap } from './ingest/daily-cap.ts';
import { HardQuota } from './ingest/hard-quota.ts';
import { Intake } from './ingest/intake.ts';
import { type Library, openLibrary } from './library.ts';
import { addClassPage } from './pages/class/class-routes.ts';
import { makeClassSite } from './pages/class/class-site.ts';
import { addInstall } from './pages/install/install-routes.ts';
import { Journals } from './pages/journal/journal.ts';
import { addJournalPages } from './pages/journal/journal-routes.ts';
import { addMoodle } from './pages/moodle/moodle-routes.ts';
import { addCodeSignIn } from './pages/sign-in/code-routes.ts';
import { addSignIn } from './pages/sign-in/sign-in-routes.ts';
import { addSignOn } from './pages/sign-in/sign-on.ts';
import { addSite, type PageFiles } from './pages/site.ts';
import { addTeacherPages } from './pages/teacher/teacher-routes.ts';
import { AuthorizedKeys } from './registration/authorized-keys.ts';
import { diskSize } from './retention/quota.ts';
import { parseAddress } from './setting-values.ts';
import { watchGroup } from './ssh/account.ts';
import { lockedOut, refusesDsa } from './ssh/old-algorithms.ts';
import { watchRoom } from './ssh/room-watch.ts';
import { floorOf, installSession } from './ssh/session-files.ts';
import { type Sshd, startSshd } from './ssh/sshd.ts';
import { checkSessions } from './ssh/start-check.ts';
import type { StickParts } from './stick/contents.ts';
import { cachedDisk } from './storage/disk.ts';
import type { Ownership } from './storage/ownership.ts';
import { reserveSize } from './storage/reserve.ts';
import { renewLeases } from './traffic/lease-renewal.ts';
import { leaseFiles } from './traffic/leases.ts';
import { CALM, pressureGauge } from './traffic/pressure.ts';
import { type Load, Traffic } from './traffic/traffic.ts';

export interface ServiceOptions {
  config: Config;
  ownership: Ownership;
  /** Path of the session script as it comes with the program. */
  sessionScript: string;
  pageFiles: PageFiles;
  stickParts: StickParts;
  clock: Clock;
  log: Log;
  env: NodeJS.ProcessEnv;
  /** Descriptors of listening sockets that systemd opened for us: more ways to the same pages. */
  inherited?: readonly number[];
}

export interface Service extends AsyncDisposable {
  /** Resolves when it cannot go on. */
  failed: Promise<DsError>;
  httpPort: number;
  sshPort: number;
}

/** What every builder gets: it registers with `cleanup` whatever it starts. */
interface Base {
  options: ServiceOptions;
  library: Library;
  cleanup: Cleanup;
}

/** Starts everything; resolves when laptops are served. Throws a DsError that says what is wrong. */
export async function startService(options: ServiceOptions): Promise<Service> {
  await using cleanup = new Cleanup();
  const library = cleanup.use(await openLibrary({ ...options, serving: true }));
  const base = { options, library, cleanup };
  const transfers = await startTransfers(base);
  const backups = await startBackups(base, transfers);
  const links = new WebLinks(options.clock);
  await startSockets(base, transfers, backups, links);
  const httpPort = await startHttp(base, transfers, backups, links);
  const { http, ssh } = options.config;
  library.listening.http = { ...parseAddress(http.listen), port: httpPort };
  library.listening.ssh = { ...parseAddress(ssh.listen), port: transfers.sshd.port };
  const { failed } = cleanup.use(supervise(library));
  const owned = cleanup.move();
  return {
    failed,
    httpPort,
    sshPort: transfers.sshd.port,
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

interface Transfers {
  traffic: Traffic;
  sshd: Sshd;
  load: () => Promise<Load>;
}

/** Leases, and the SSH server with the keys that it accepts. */
async function startTransfers({ options, library, cleanup }: Base): Promise<Transfers> {
  const { config, ownership, clock, log, env } = options;
  const { paths, registrations, serials, successes, faults } = library;
  cleanup.use(watchGroup(library, ownership));
  const size = diskSize(paths.library);
  const floor = floorOf(size, reserveSize(size.bytes, config.quota));
  faults.attempt('state', () => installSession(paths, options.sessionScript, floor));
  const leases = leaseFiles({ paths, ownership, log });
  const traffic = new Traffic(clock, config.traffic, leases.note, successes.orderOf, (serial) =>
    registrations.isConfirmed(serial),
  );
  // Before sshd: a key that was revoked while no service ran must not be valid for a moment.
  const authorizedKeys = new AuthorizedKeys(paths, ownership, config.ssh.user);
  faults.attempt('state', () => authorizedKeys.update(registrations.all()));
  const { user } = config.ssh;
  const listen = parseAddress(config.ssh.listen);
  const sshd = cleanup.use(await startSshd({ paths, ownership, listen, user, log, faults }));
  const applyKeys = () => {
    faults.attempt('state', () => {
      sshd.setLogins(serials());
      authorizedKeys.update(registrations.all());
    });
    for (const one of traffic.holders) if (!registrations.isActive(one)) traffic.revoke(one);
  };
  registrations.whenKeysChange(applyKeys);
  applyKeys();
  await checkSessions({ paths, ownership, env, log });
  cleanup.use(watchRoom({ paths, clock, log, env, floor }));
  const out = await lockedOut(registrations.all(), () => refusesDsa(env));
  if (out.length > 0) {
    const reason = 'OpenSSH here cannot check DSA keys; give them the new program';
    log.warn('original-clients-locked-out', { laptops: out.length, reason });
  }
  cleanup.use(renewLeases({ traffic, before: leases.before, log }));
  const disk = cachedDisk(clock, paths.library);
  const pressure = config.traffic.adaptive ? pressureGauge(clock) : async () => CALM;
  const load = async () => {
    const [diskFacts, pressureNow] = await Promise.all([disk(), pressure()]);
    return { disk: diskFacts, pressure: pressureNow };
  };
  return { traffic, sshd, load };
}

interface Backups {
  intake: Intake;
  journals: Journals;
  /** Somebody looks at a laptop that has snapshots of the original program. */
  onRaw: (serial: Serial) => void;
}

/** Takes in backups, within their limits, and does the daily chores. */
async function startBackups(
  { options, library, cleanup }: Base,
  { traffic }: Transfers,
): Promise<Backups> {
  const { config, clock, log } = options;
  const { index, timeline } = library;
  timeline.observe();
  const cap = new DailyCap(clock, config.retention.perDay, timeline);
  const hardQuota = new HardQuota();
  for (const one of await index.usage()) hardQuota.learn(one.serial, one.bytes, one.quotaBytes);
  const chores = cleanup.use(
    new Chores(library, {
      onLaptop: ({ serial, plan, quota }) => {
        if (plan) hardQuota.learn(serial, plan.usedAfter.bytes, quota.bytes);
      },
    }),
  );
  const onRaw = (serial: Serial) => chores.adopt(serial);
  const days = cleanup.use(new DayKeeper(library));
  const journals = new Journals({ library, onRaw });
  const intake = cleanup.use(
    new Intake({
      ...library,
      ...{ cap, hardQuota, guard: config.guard },
      onFailure: (serial) => days.failed(serial),
      onBackup: (snapshot, isHeld) => {
        traffic.release(snapshot.serial);
        if (isHeld) return;
        journals.learn(snapshot).catch((error: Error) => {
          log.warn('index-not-updated', { reason: error.message });
        });
      },
    }),
  );
  intake.start();
  return { intake, journals, onRaw };
}

/** The socket that SSH sessions reach, and the one of `xs-backup` at the terminal. */
async function startSockets(
  { library, cleanup }: Base,
  { traffic, load }: Transfers,
  { intake, onRaw }: Backups,
  links: WebLinks,
): Promise<void> {
  cleanup.use(await serveApi({ library, intake, links, traffic, load, onRaw }));
  cleanup.use(await serveCommands(library));
}

/** The public HTTP side; returns its port. */
async function startHttp(
  { options, library, cleanup }: Base,
  { traffic, sshd, load }: Transfers,
  { journals }: Backups,
  links: WebLinks,
): Promise<number> {
  const { config, clock, log } = options;
  const app = createPublicApp({
    ...{ registrations: library.registrations, strangers: library.strangers },
    ...{ traffic, load, clock, log },
    hostName: config.http.name,
    hostKey: sshd.hostKey,
    sshPort: config.ssh.announcedPort ?? sshd.port,
    ...{ login: config.ssh.user, proxies: config.http.proxies },
    metrics: async () => formatMetrics(await readStatus(library), traffic.liveLeases),
  });
  addQuietRoutes(app, library);
  addSite(app, library, options.pageFiles, (part, site) => {
    addSignIn(part, site);
    addInstall(part, site, options.stickParts);
    const after = addMoodle(part, site);
    addCodeSignIn(part, site, after);
    addSignOn(part, site, links, after);
    addJournalPages(part, site, journals);
    const classSite = makeClassSite(site);
    addClassPage(part, classSite);
    addTeacherPages(part, classSite);
  });
  const { faults } = library;
  cleanup.defer(() => closeLate(app));
  cleanup.defer(() => app.close());
  const port = await listen(app, config, faults);
  const { host } = parseAddress(config.http.listen);
  cleanup.use(
    new OpenPort({
      ...{ server: app.server, address: { host, port }, setting: 'http.listen' },
      onTrouble: (error) => faults.note('http', error),
      onWell: () => faults.clear('http'),
    }),
  );
  cleanup.use(await startHttps(library, app.server));
  for (const one of options.inherited ?? []) cleanup.use(await serveAt(one, app.server));
  return port;
}

/** Where the port is taken or not there yet, a fault says so, and `OpenPort` tries again. */
async function listen(app: FastifyInstance, config: Config, faults: Faults): Promise<number> {
  const { host, port } = parseAddress(config.http.listen);
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const reason = asDsError(cause).message;
    const error = new DsError(
      'config',
      `cannot listen on http.listen = "${host}:${port}": ${reason}`,
      {
        hint: 'the port may be in use by another program; choose another in the configuration',
        cause,
      },
    );
    if (port === 0) throw error;
    faults.note('http', error);
  }
  const address = app.server.address();
  return typeof address === 'object' && address ? address.port : port;
}

/** What was opened after the app had tried in vain, the app does not close. */
async function closeLate({ server }: FastifyInstance): Promise<void> {
  if (!server.listening) return;
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}
