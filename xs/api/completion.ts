/**
 * The end of a backup over the control API: the completion file in one request, which saves the tenth of a
 * second that an rsync session takes. From here on it is like one sent by rsync: written durably, then
 * taken in by the intake.
 */
import { accessSync, constants } from 'node:fs';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { parseCompletion } from '../../shared/protocol/messages.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { inCompletion, inLaptop, type Paths } from '../storage/paths.ts';

/** In bytes. Larger ones are sent by rsync, which resumes after a lost connection. */
const MAX_BYTES = 1024 * 1024;

export function addCompletionRoute(
  app: FastifyInstance,
  paths: Paths,
  laptopOf: (request: FastifyRequest) => Serial,
): void {
  app.put('/v1/completion', { bodyLimit: MAX_BYTES }, async (request, reply) => {
    const serial = laptopOf(request);
    const completion = parseCompletion(request.body);
    if (completion.serial !== serial) {
      throw new DsError('bad-input', 'the completion file is about another laptop');
    }
    // Nothing could be sent to a library that is read-only: to ask for it again would never end.
    accessSync(inLaptop(paths, serial).incoming, constants.W_OK);
    const text = `${JSON.stringify(completion)}\n`;
    writeFileDurably(inCompletion(paths).waiting(serial), text, 0o640);
    return reply.status(204).send();
  });
}
