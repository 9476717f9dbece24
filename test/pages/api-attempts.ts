/**
 * What an attacker tries with her own key: on the control API, which knows her by her channel alone.
 */
import { digestOf } from '../../shared/journal/entry.ts';
import type { Attempt } from './attempts.ts';
import { ATTACKER, type Hostile, OLD, VICTIM } from './victim.ts';
import { formatRequest, type RawRequest } from './wire.ts';

const GREETING = `ds-backup 1 ${ATTACKER}\n`;
const JSON_TYPE = 'Content-Type: application/json';

const ask = (request: RawRequest): Attempt => ({
  ...{ group: 'control API', to: 'api', bytes: GREETING + formatRequest(request) },
});

// long: a table of attempts
export function byApi({ day, uid }: Hostile): Attempt[] {
  const snapshot = `/v1/snapshots/${day}`;
  const whose = [
    VICTIM,
    OLD,
    VICTIM.toLowerCase(),
    `${VICTIM}%00`,
    `..%2f${VICTIM}`,
    `%20${VICTIM}`,
  ];
  const paths = [
    '/v1/snapshots',
    ...['sums', 'entries', `entries/${uid}`, `entries/${uid}/preview`].map(
      (rest) => `${snapshot}/${rest}`,
    ),
  ];
  const twice = `of=${ATTACKER}&of=${VICTIM}`;
  const names = [`../../${VICTIM}/${day}`, `..%2f..%2f${VICTIM}%2f${day}`, `${day}/../${day}`];
  const body = (value: unknown) => ({ headers: [JSON_TYPE], body: JSON.stringify(value) });
  const claim = { snapshot: day, uid };
  return [
    ...whose.flatMap((of) => paths.map((path) => ask({ path: `${path}?of=${of}` }))),
    ...paths.map((path) => ask({ path: `${path}?${twice}` })),
    // Without "of" these are her own, and she has no such day.
    ...paths.slice(1).map((path) => ask({ path })),
    ...names.flatMap((name) =>
      ['sums', 'entries'].map((rest) => ask({ path: `/v1/snapshots/${name}/${rest}` })),
    ),
    ask({ method: 'POST', path: '/v1/verify', ...body(claim) }),
    ask({ method: 'POST', path: '/v1/verify', ...body({ ...claim, of: VICTIM }) }),
    ask({ method: 'PUT', path: `/v1/pins/${uid}`, ...body({ snapshot: day }) }),
    ask({ method: 'PUT', path: `/v1/pins/${uid}?of=${VICTIM}`, ...body({ snapshot: day }) }),
    ask({ method: 'DELETE', path: `/v1/pins/${uid}` }),
    ask({ method: 'DELETE', path: `/v1/pins/..%2f${uid}` }),
    ask({
      ...{ method: 'POST', path: '/v1/unchanged' },
      ...body({ sequence: 1, state: digestOf('x') }),
    }),
    ask({
      method: 'POST',
      path: '/v1/command',
      ...body({ command: 'status', args: [], flags: {} }),
    }),
    ask({ path: `/ds-restore/${VICTIM}/` }),
    ask({ path: '/xs-backup' }),
    ask({ path: `/v1/runs/${VICTIM}` }),
    ...[
      `ds-backup 1 ${VICTIM.toLowerCase()}\n`,
      `ds-backup 1 ../${VICTIM}\n`,
      'ds-backup 1 *\n',
    ].map(
      (greeting): Attempt => ({
        ...{ group: 'control API', to: 'api' },
        bytes: greeting + formatRequest({ path: '/v1/snapshots' }),
      }),
    ),
    // A second greeting is no request.
    {
      ...{ group: 'control API', to: 'api' },
      bytes: `${GREETING}ds-backup 1 ${VICTIM}\n${formatRequest({ path: '/v1/state' })}`,
    },
  ];
}
