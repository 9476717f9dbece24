/**
 * Introductions over plain HTTP (PROTOCOL.md, "The introduction"): the envelope of
 * `registration/introductions.ts`, and what is left of the enrolment of older agents.
 */
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import {
  type EnrolAnswer,
  parseCommitRequest,
  parseEnrolRequest,
  parseRevealRequest,
  parseStandingRequest,
  type Standing,
} from '../../shared/protocol/messages.ts';
import { Introductions, type ServerFacts } from '../registration/introductions.ts';
import type { Registrations } from '../registration/registration.ts';
import type { Turns } from './turns.ts';

export interface IntroduceOptions extends ServerFacts {
  registrations: Registrations;
  clock: Clock;
  turns: Turns;
}

export function addIntroduceRoutes(
  app: FastifyInstance,
  { registrations, clock, turns, hostKey, sshPort, login }: IntroduceOptions,
): void {
  const server: ServerFacts = { hostKey, sshPort, login };
  const introductions = new Introductions(clock, server);

  app.post('/backup/1/introduce/commit', async (request) => {
    const commit = parseCommitRequest(request.body);
    // Unknown serials are refused before anything is remembered of them.
    registrations.checkActive(commit.serial);
    return introductions.commit(commit, request.ip);
  });

  app.post('/backup/1/introduce/reveal', async (request) => {
    const reveal = parseRevealRequest(request.body);
    const { serial, ...offer } = introductions.reveal(reveal);
    const { color } = reveal;
    const whole = { ...offer, color, address: request.ip };
    return { state: await turns.take(() => registrations.enrolAside(serial, whole), request.ip) };
  });

  app.post('/backup/1/introduce/standing', async (request): Promise<Standing> => {
    const { serial, key } = parseStandingRequest(request.body);
    await registrations.settled(serial);
    return { state: registrations.standing(serial, key), ...server };
  });

  // Agents before the introduction prove nothing: only a key that is accepted already is told so.
  app.post('/backup/1/enrol', async (request, reply): Promise<EnrolAnswer | undefined> => {
    const { serial, key } = parseEnrolRequest(request.body);
    await registrations.settled(serial);
    if (registrations.standing(serial, key) === 'accepted') return { state: 'accepted', ...server };
    const code = 'server-refused';
    const { message, hint } = new DsError(code, 'this agent is too old for this school server', {
      hint: 'install the ds-backup of the same version as the server',
    });
    return reply.status(426).send({ code, message, hint });
  });
}
