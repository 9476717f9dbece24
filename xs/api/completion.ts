/**
 * The end of a backup over the control API (A7): the completion file in one request, where a session of
 * rsync for it would take a tenth of a second. From here on it is like any other: written whole, seen by
 * the intake, and never lost.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DsError, isErrno } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { parseCompletion } from '../../shared/protocol/messages.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { inCompletion, type Paths } from '../storage/paths.ts';

/** Larger ones go by rsync, which a broken line does not send back to the start. In bytes. */
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
    try {
      const text = `${JSON.stringify(completion)}\n`;
      writeFileDurably(inCompletion(paths).waiting(serial), text, 0o640);
    } catch (cause) {
      if (!isErrno(cause, 'ENOSPC', 'EDQUOT')) throw cause;
      throw new DsError('server-full', 'the disk of the school server is full', { cause });
    }
    return reply.status(204).send();
  });
}
