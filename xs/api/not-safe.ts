/**
 * After each backup a laptop says which entries are not safe, so that a teacher can see it. Nothing is
 * decided by it: it is a claim about that laptop only.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Serial } from '../../shared/ids.ts';
import { parseNotSafe } from '../../shared/protocol/messages.ts';
import { writeNotSafe } from '../storage/not-safe.ts';
import type { Paths } from '../storage/paths.ts';

export function addNotSafeRoute(
  app: FastifyInstance,
  paths: Paths,
  laptopOf: (request: FastifyRequest) => Serial,
): void {
  app.put('/v1/not-safe', async (request, reply) => {
    writeNotSafe(paths, laptopOf(request), parseNotSafe(request.body));
    return reply.status(204).send();
  });
}
