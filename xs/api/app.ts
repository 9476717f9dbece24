/**
 * The public HTTP side (PROTOCOL.md): admission, Sugar's registration, introductions of our agents, metrics.
 * Unencrypted and unauthenticated: it carries no secrets and grants no trust.
 */
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { asDsError, DsError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { METRICS_TYPE } from '../admin/metrics.ts';
import { type AvailableOptions, addAvailable } from '../traffic/available.ts';
import { Connections } from './connections.ts';
import { answerTo } from './error-answer.ts';
import { answerRegistration } from './idmgr.ts';
import { addIntroduceRoutes } from './introduce.ts';
import { Turns } from './turns.ts';

export interface HttpOptions extends AvailableOptions {
  /** The name of this server for laptops. */
  hostName: string;
  hostKey: string;
  sshPort: number;
  /** Login name for our agents. */
  login: string;
  /** Web servers on other machines that forward to us. */
  proxies?: readonly string[];
  /** Text for Prometheus. */
  metrics: () => Promise<string>;
}

/** A registration or an enrolment is less than 5 KB. */
const MAX_BODY_BYTES = 64 * 1024;
/** A request that takes longer is cut off, in milliseconds. */
const REQUEST_TIMEOUT_MS = 20_000;

/** An app with our error answers, for the public side, the control API and the terminal's socket. */
export function createApp(
  log: Log,
  bodyLimit: number,
  requestTimeout: number,
  proxies: readonly string[] = [],
): FastifyInstance {
  // The school's web server on port 80 forwards to us, with the client's address in X-Forwarded-For.
  const trustProxy = ['loopback', ...proxies];
  // Node's defaults are a minute for the headers and checks every half minute.
  const http = { headersTimeout: requestTimeout, connectionsCheckingInterval: 5000 };
  const options = { bodyLimit, requestTimeout, trustProxy, forceCloseConnections: true };
  const app = fastify({ ...options, ...(requestTimeout > 0 && { http }) });
  app.setErrorHandler((error, _request, reply) => {
    const { status, body, headers, fault } = answerTo(error);
    if (fault) log.warn('request-failed', { reason: asDsError(error).message });
    void reply.status(status).headers(headers).send(body);
  });
  app.setNotFoundHandler((_request, reply) => {
    void reply.status(404).send({ code: 'not-found', message: 'there is no such page' });
  });
  return app;
}

export function createPublicApp(options: HttpOptions): FastifyInstance {
  const { log } = options;
  const app = createApp(log, MAX_BODY_BYTES, REQUEST_TIMEOUT_MS, options.proxies);
  new Connections().watch(app.server);
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser(
    ['text/xml', 'application/xml'],
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );

  addAvailable(app, options);

  app.get('/metrics', async (_request, reply) => {
    void reply.type(METRICS_TYPE);
    return options.metrics();
  });

  const turns = new Turns();
  addIntroduceRoutes(app, { ...options, turns });

  const register = async (request: { body: unknown; ip: string }, reply: FastifyReply) => {
    if (!Buffer.isBuffer(request.body)) throw new DsError('bad-input', 'an XML-RPC call is needed');
    void reply.type('text/xml; charset=utf-8');
    const { body, ip } = request;
    return await turns.take(() => answerRegistration(options, body, ip), ip);
  };
  app.post('/', register);
  app.post('/RPC2', register); // the default path of XML-RPC libraries
  return app;
}
