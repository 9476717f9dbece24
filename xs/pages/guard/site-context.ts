/**
 * What every route of the pages is given: the library, the guard, and how to answer with a page.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { VNode } from 'preact';
import type { Library } from '../../library.ts';
import type { Page } from '../frame/frame.tsx';
import type { Guard } from './guard.ts';

export interface Site {
  library: Library;
  guard: Guard;
  /** The language, visitor and form token for the page that answers this request. */
  page(request: FastifyRequest, reply: FastifyReply): Page;
  send(reply: FastifyReply, node: VNode): FastifyReply;
}
