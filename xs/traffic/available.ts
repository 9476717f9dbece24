/**
 * Admission ("may I?"), which a whole school requests at once: nothing here touches the disk, writes a
 * log line per request or costs more with a larger library. Answers are empty text/plain with a status, as
 * the original client expects; details are in headers.
 */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Clock } from '../../shared/clock.ts';
import { parseSerial, tryParse } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { seldom } from '../ground/seldom.ts';
import type { Registrations } from '../registration/registration.ts';
import type { Strangers } from '../registration/strangers.ts';
import type { Admission } from './admit.ts';
import { subnetOf } from './subnet.ts';
import type { Load, Traffic } from './traffic.ts';

export interface AvailableOptions {
  registrations: Registrations;
  strangers: Strangers;
  traffic: Traffic;
  /** Measured for every request, from a short-lived cache. */
  load: () => Promise<Load>;
  clock: Clock;
  log: Log;
}

export function addAvailable(app: FastifyInstance, options: AvailableOptions): void {
  const { registrations, strangers, traffic, load, log } = options;
  const noteRefusal = seldom(options, 'leases-refused', 'info');
  app.get<{ Params: { serial: string }; Querystring: { for?: string } }>(
    '/backup/1/available/:serial',
    async (request, reply) => {
      const serial = tryParse(parseSerial, request.params.serial);
      if (!serial) return answer(reply, 404);
      const purpose = request.query.for === 'restore' ? 'restore' : 'backup';
      const now = await load();
      // After the wait: it may have been retired.
      if (!registrations.isActive(serial)) {
        if (!registrations.get(serial)) strangers.note(serial);
        return answer(reply, 403);
      }
      const [subnet, unproved] = [subnetOf(request.ip), request.ip];
      const question = { serial, purpose, subnet, unproved } as const;
      const admission = traffic.ask(question, now);
      if (!admission.admit) {
        noteRefusal({ latest: admission.reason });
        return answer(reply.headers(refusalHeaders(admission)), 503);
      }
      if (admission.reason === 'free-slot') log.info('lease-granted', { serial, purpose });
      return answer(reply, 200);
    },
  );
}

function answer(reply: FastifyReply, status: number): FastifyReply {
  return reply.type('text/plain').status(status).send('');
}

function refusalHeaders(admission: Admission & { admit: false }): Record<string, string> {
  return {
    'Retry-After': String(admission.retryAfterSeconds),
    'X-Backup-Reason': admission.reason,
    ...('place' in admission && { 'X-Backup-Place': String(admission.place) }),
  };
}
