/** For bytes that come from a child's laptop. */
import type { FastifyReply } from 'fastify';

/**
 * The browser must not run, sniff or frame them: otherwise an HTML page in a Journal could act with the session of
 * whoever opens it.
 */
export function harmless(reply: FastifyReply): FastifyReply {
  return reply
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('x-content-type-options', 'nosniff');
}
