/**
 * The plain-HTTP side: "may I?", Sugar's registration and our agent's enrolment (PROTOCOL.md).
 * Nothing secret travels here, and nobody is believed here.
 */
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { asDsError, DsError, type ErrorCode } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { type EnrolAnswer, parseEnrolRequest } from '../../shared/protocol/messages.ts';
import { METRICS_TYPE } from '../admin/metrics.ts';
import { answerRegistration } from '../registration/idmgr.ts';
import { type AvailableOptions, addAvailable } from '../traffic/available.ts';

export interface HttpOptions extends AvailableOptions {
  /** What laptops call this server. */
  hostName: string;
  hostKey: string;
  sshPort: number;
  /** Login name for our agents. */
  login: string;
  /** Numbers for Prometheus. */
  metrics: () => Promise<string>;
}

/** A registration or an enrolment is below 5 KB. */
const MAX_BODY_BYTES = 64 * 1024;
/** Slow senders are cut off, in milliseconds. */
const REQUEST_TIMEOUT_MS = 20_000;

const STATUS: Partial<Record<ErrorCode, number>> = {
  'bad-id': 400,
  'bad-input': 400,
  'not-registered': 403,
  'server-refused': 403,
  'not-found': 404,
  'key-taken': 409,
  'only-copy': 409,
  'over-quota': 507,
  'server-full': 507,
};

/** An error's HTTP status: the one place where codes become numbers. */
export function statusOf(code: ErrorCode): number {
  return STATUS[code] ?? 500;
}

/** An app with our errors, shared by the public side and the control API. */
export function createApp(log: Log, bodyLimit: number, requestTimeout: number): FastifyInstance {
  // The school's web server at port 80 forwards to us: it says in X-Forwarded-For for whom.
  const trustProxy = 'loopback';
  // Node's own are a minute for the headers and half a minute between two looks.
  const http = { headersTimeout: requestTimeout, connectionsCheckingInterval: 5000 };
  const options = { bodyLimit, requestTimeout, trustProxy, forceCloseConnections: true };
  const app = fastify({ ...options, ...(requestTimeout > 0 && { http }) });
  app.setErrorHandler((error, _request, reply) => {
    const known = error instanceof DsError ? error : undefined;
    const status = known ? statusOf(known.code) : (error as { statusCode?: number }).statusCode;
    if (!status || status >= 500) log.warn('request-failed', { reason: asDsError(error).message });
    const { code, message, hint } = known ?? asDsError(error);
    void reply.status(status ?? 500).send({ code, message, hint });
  });
  app.setNotFoundHandler((_request, reply) => {
    void reply.status(404).send({ code: 'not-found', message: 'there is no such page' });
  });
  return app;
}

export function createPublicApp(options: HttpOptions): FastifyInstance {
  const { registrations, log } = options;
  const app = createApp(log, MAX_BODY_BYTES, REQUEST_TIMEOUT_MS);
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

  app.post('/backup/1/enrol', async (request): Promise<EnrolAnswer> => {
    const { serial, uuid, key, color } = parseEnrolRequest(request.body);
    const state = registrations.enrol(serial, uuid, key, color);
    return { state, hostKey: options.hostKey, sshPort: options.sshPort, login: options.login };
  });

  const register = async (request: { body: unknown; ip: string }, reply: FastifyReply) => {
    if (!Buffer.isBuffer(request.body)) throw new DsError('bad-input', 'an XML-RPC call is needed');
    void reply.type('text/xml; charset=utf-8');
    return answerRegistration(options, request.body, request.ip);
  };
  app.post('/', register);
  app.post('/RPC2', register); // where XML-RPC libraries go when the URL names no path
  return app;
}
