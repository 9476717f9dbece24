/** Moodle's launches and accounts, where the settings switch them on. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Serial } from '../../../shared/ids.ts';
import type { Site } from '../guard/site-context.ts';
import { addAccount, afterLink } from './account-routes.ts';
import { addLaunch } from './launch-routes.ts';
import { moodleSite } from './moodle-site.ts';

/** Where a browser goes that was signed on by a laptop's link; undefined for home. */
export type AfterLink = (request: FastifyRequest, serial: Serial) => string | undefined;

/** Adds the routes, and returns what the sign-on by link asks. */
export function addMoodle(part: FastifyInstance, site: Site): AfterLink {
  if (!site.library.config.moodle.enabled) return () => undefined;
  const moodle = moodleSite(site);
  addLaunch(part, moodle);
  addAccount(part, moodle);
  return (request, serial) => afterLink(moodle, request, serial);
}
