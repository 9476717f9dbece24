/** Moodle's launches and accounts, where the settings switch them on. */
import type { FastifyInstance } from 'fastify';
import type { Site } from '../guard/site-context.ts';
import type { AfterProof } from '../sign-in/sign-on.ts';
import { addAccount, afterProof } from './account-routes.ts';
import { addLaunch } from './launch-routes.ts';
import { moodleSite } from './moodle-site.ts';

/** Adds the routes, and returns what the sign-on by link or code asks. */
export function addMoodle(part: FastifyInstance, site: Site): AfterProof {
  if (!site.library.config.moodle.enabled) return () => undefined;
  const moodle = moodleSite(site);
  addLaunch(part, moodle);
  addAccount(part, moodle);
  return (request, serial) => afterProof(moodle, request, serial);
}
