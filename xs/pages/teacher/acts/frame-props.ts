/**
 * What every teachers' page is rendered from.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Page } from '../../frame/frame.tsx';
import type { Done } from '../../frame/teacher-frame.tsx';
import type { Site } from '../../guard/site-context.ts';
import { doneOf, type Sent } from './act-routes.ts';

export interface TeacherProps {
  page: Page;
  /** The act that led to this page, if one did. */
  done: Done | undefined;
  /** Seconds since 1970. */
  now: number;
}

export function frameProps(
  site: Site,
  request: FastifyRequest<{ Querystring: Sent }>,
  reply: FastifyReply,
): TeacherProps {
  const page = site.page(request, reply);
  const now = Math.floor(site.library.clock.now().getTime() / 1000);
  return { page, done: doneOf(site.library, page.words, request.query), now };
}
