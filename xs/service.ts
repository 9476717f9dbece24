/**
 * The school server's service put together: folders, registrations, sshd, control API, intake and
 * HTTP, started in this order and stopped in reverse (E5: within ten seconds).
 */
import { chmodSync, copyFileSync, renameSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../shared/clock.ts';
import { DsError } from '../shared/errors.ts';
import type { Serial } from '../shared/ids.ts';
import type { Log } from '../shared/log.ts';
import { Cleanup } from '../shared/system/cleanup.ts';
import { writeFileDurably } from '../shared/system/files.ts';
import { lockFile } from '../shared/system/lock.ts';
import { formatMetrics } from './admin/metrics.ts';
import { readStatus } from './admin/status.ts';
import { serveApi } from './api/api.ts';
import { createPublicApp } from './api/app.ts';
import { addQuietRoutes } from './api/quiet-day.ts';
import { WebLinks } from './api/web-links.ts';
import { Chores } from './chores/chores.ts';
import type { LaptopReport } from './chores/cleanup.ts';
import { serveAdmin } from './commands/service-socket.ts';
import { type Config, parseAddress } from './config.ts';
import { DailyCap } from './ingest/daily-cap.ts';
import { HardQuota } from './ingest/hard-quota.ts';
import { Intake } from './ingest/intake.ts';
import { openLibrary } from './library.ts';
import { Journals } from './pages/journal/journal.ts';
import { addJournalPages } from './pages/journal/journal-routes.ts';
import { addSignOn } from './pages/sign-in/sign-on.ts';
import { addSite, type PageFiles } from './pages/site.ts';
import { addAdminRoutes } from './pages/teacher/teacher-routes.ts';
import { AuthorizedKeys } from './registration/authorized-keys.ts';
import { diskSize } from './retention/quota.ts';
import { observeClock } from './retention/server-clock.ts';
import { type Sshd, startSshd } from './ssh/sshd.ts';
import { cachedDisk } from './storage/disk.ts';
import type { Ownership } from './storage/ownership.ts';
import { inLaptop, inState, type Paths } from './storage/paths.ts';
import { reserveSize } from './storage/reserve.ts';
import { leaseFiles, uploadGate } from './traffic/leases.ts';
import { CALM, pressureGauge } from './traffic/pressure.ts';
import { Traffic } from './traffic/traffic.ts';

export interface ServiceOptions {
  config: Config;
  ownership: Ownership;
  /** The session script as it comes with the program. */
  sessionScript: string;
  pageFiles: PageFiles;
  clock: Clock;
  log: Log;
  env: NodeJS.ProcessEnv;
}

export interface Service extends AsyncDisposable {
  httpPort: number;
  sshPort: number;
}

/** How often leases without a control channel are looked after, in milliseconds. */
const LEASE_CHECK_MS = 20_000;

/** Starts everything; resolves when laptops are served. Throws a DsError that says what is wrong. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, ownership, clock, log, env } = options;
  const paths: Paths = config;
  await using cleanup = new Cleanup();
  let onKeys = () => {};
  const library = cleanup.use(
    await openLibrary({ ...options, onKeys: () => onKeys(), serving: true }),
  );
  const { registrations, serials, index, successes, workQueue, pool } = library;
  installSession(
    paths,
    options.sessionScript,
    reserveSize(diskSize(paths.library).bytes, config.quota),
  );
  let clockTrusted = observeClock(paths, clock.now(), await index.newestCreated()).trusted;
  const cap = new DailyCap(clock, config.retention.perDay, () => clockTrusted);
  const hardQuota = new HardQuota();
  for (const one of await index.usage()) hardQuota.learn(one.serial, one.bytes, one.quotaBytes);
  const leases = leaseFiles({ paths, ownership, log });
  const traffic = new Traffic(clock, config.traffic, leases.note, successes.timeOf);

  // Before sshd: a key or an alias taken back while no service ran must not open anything again.
  const authorizedKeys = new AuthorizedKeys(paths, ownership, config.ssh.user);
  authorizedKeys.update(registrations.all());
  const sshd: Sshd = cleanup.use(
    await startSshd({
      paths,
      ownership,
      listen: parseAddress(config.ssh.listen),
      user: config.ssh.user,
      log,
    }),
  );
  onKeys = () => {
    sshd.setLogins(serials());
    authorizedKeys.update(registrations.all());
    for (const one of traffic.holders) if (!registrations.isActive(one)) traffic.revoke(one);
  };
  onKeys();

  const onRaw = (serial: Serial) => chores.adopt(serial);
  const journals = new Journals({ library, onRaw });
  const intake = cleanup.use(
    new Intake({
      ...{ paths, ownership, pool, clock, log, env, registrations, workQueue, index, successes },
      ...{ cap, hardQuota, guard: config.guard },
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
  const onClock = (trusted: boolean) => {
    clockTrusted = trusted;
  };
  const onLaptop = ({ serial, plan, quota }: LaptopReport) => {
    if (plan) hardQuota.learn(serial, plan.usedAfter.bytes, quota.bytes);
  };
  const chores = cleanup.use(new Chores(library, { onClock, onLaptop }));
  const links = new WebLinks(clock);
  const disk = cachedDisk(clock, paths.library);
  const pressure = config.traffic.adaptive ? pressureGauge(clock) : async () => CALM;
  cleanup.use(
    await serveApi({
      ...{ library, intake, links, onRaw },
      onOpen: (serial) => traffic.sessionOpened(serial),
      onClose: (serial) => traffic.sessionClosed(serial),
      mayUpload: uploadGate(
        traffic,
        (serial) => registrations.isActive(serial),
        async () => ({
          disk: await disk(),
          pressure: await pressure(),
        }),
      ),
    }),
  );
  cleanup.use(watchLeases(traffic, leases.before, paths, env));
  cleanup.use(await serveAdmin(library));
  const app = createPublicApp({
    ...{ registrations, traffic, disk, pressure, clock, log },
    hostName: config.http.name,
    hostKey: sshd.hostKey,
    sshPort: config.ssh.announcedPort ?? sshd.port,
    login: config.ssh.user,
    metrics: async () => formatMetrics(await readStatus(library), traffic.liveLeases),
  });
  addQuietRoutes(app, library);
  addSite(app, library, options.pageFiles, (part, site) => {
    addSignOn(part, site, links);
    addJournalPages(part, site, journals);
    addAdminRoutes(part, site);
  });
  cleanup.defer(() => app.close());
  const httpPort = await listen(app, config);
  const owned = cleanup.move();
  return {
    httpPort,
    sshPort: sshd.port,
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

async function listen(app: FastifyInstance, config: Config): Promise<number> {
  const { host, port } = parseAddress(config.http.listen);
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw new DsError('config', `cannot listen on http.listen = "${config.http.listen}"`, {
      hint: 'another program may have the port; choose another in the configuration',
      cause,
    });
  }
  const address = app.server.address();
  return typeof address === 'object' && address ? address.port : port;
}

/** The script and its settings where sessions can read them, whoever owns the program's folder. */
function installSession(paths: Paths, script: string, reserveBytes: number): void {
  const files = inState(paths);
  copyFileSync(script, `${files.session}.tmp`);
  chmodSync(`${files.session}.tmp`, 0o755);
  renameSync(`${files.session}.tmp`, files.session);
  const settings = {
    LIBRARY: paths.library,
    COMPLETION: paths.completion,
    SOCKET: files.apiSocket,
    REPLACES: files.replacesFolder,
    LEASES: files.leasesFolder,
    RESERVE: Math.floor(reserveBytes / 1024),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`);
  writeFileDurably(files.sessionConfig, lines.join(''), 0o644);
}

/**
 * An original client has no control channel: its lease is renewed while its rsync holds the session
 * lock. Uploads that outlived the service that let them in keep their slots in the same way.
 */
function watchLeases(
  traffic: Traffic,
  before: readonly Serial[],
  paths: Paths,
  env: NodeJS.ProcessEnv,
): Disposable {
  const isTransferring = async (serial: Serial): Promise<boolean> => {
    try {
      const lock = await lockFile(inLaptop(paths, serial).sessionLock, { env, waitSeconds: 0 });
      await lock.release();
      return false;
    } catch (error) {
      return error instanceof DsError && error.code === 'busy';
    }
  };
  void (async () => {
    for (const serial of before) if (await isTransferring(serial)) traffic.adopt(serial);
  })();
  const timer = setInterval(async () => {
    for (const serial of traffic.leasesWithoutSession()) {
      if (await isTransferring(serial)) traffic.renew(serial);
    }
  }, LEASE_CHECK_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
