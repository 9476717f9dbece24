import type { IncomingHttpHeaders } from 'node:http';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readAdmission as read } from '../../../agent/wire/admission.ts';
import type { Headers } from '../../../agent/wire/busy.ts';
import { asDsError } from '../../../shared/errors.ts';

const test = suite('the answers to a request for admission');

const readAdmission = (statusCode: number, headers: Headers, server: string, body = '') =>
  read({ statusCode, headers: headers as IncomingHttpHeaders, body }, server);

test('the answers to "may I?"', () => {
  assert.equal(readAdmission(200, {}, 's'), { admit: true });
  assert.equal(readAdmission(403, {}, 's'), { admit: false, reason: 'not-registered' });
  const busy = (seconds: number) => ({
    admit: false,
    reason: 'busy',
    retryAfterSeconds: seconds,
  });
  const later = (text: string) => readAdmission(503, { 'retry-after': text }, 's');
  assert.equal(later('17'), busy(17));
  assert.equal(readAdmission(503, {}, 's'), busy(60));
  assert.equal(later('Wed, 21 Oct 2015 07:28:00 GMT'), busy(60));
  assert.equal(later('999999999'), busy(3600), "an hour: the answer may be a stranger's");
  assert.equal(readAdmission(429, { 'retry-after': '5' }, 's'), busy(5));
  assert.throws(() => readAdmission(404, {}, 's'), /not a backup server/);
});

const PLACES: [place: string | string[] | undefined, why: string | string[] | undefined, object][] =
  [
    ['3', 'all-slots-taken', { place: 3, why: 'all-slots-taken' }],
    ['3', undefined, { place: 3 }],
    [undefined, 'a-word-of-a-newer-server', { why: 'a-word-of-a-newer-server' }],
    ['0', '', {}],
    ['-1', 'Two Words', {}],
    ['1e3', '<script>', {}],
    ['9'.repeat(20), 'x'.repeat(50), {}],
    [['1', '2'], ['a', 'b'], {}],
  ];
test('place and reason are read where a server gives them, and junk is passed over', () => {
  for (const [place, why, expected] of PLACES) {
    const headers = { 'retry-after': '9', 'x-backup-place': place, 'x-backup-reason': why };
    const busy = { admit: false, reason: 'busy', retryAfterSeconds: 9 };
    assert.equal(readAdmission(503, headers, 's'), { ...busy, ...expected });
  }
});

test('a server in trouble says so, and is not taken for a busy one', () => {
  const codeOf = (status: number, code: string) => {
    try {
      const admission = readAdmission(status, {}, 's', JSON.stringify({ code, message: 'no' }));
      return admission.admit ? 'yes' : admission.reason;
    } catch (error) {
      return asDsError(error).code;
    }
  };
  assert.is(codeOf(503, 'server-trouble'), 'server-trouble');
  assert.is(codeOf(507, 'server-full'), 'server-full');
  assert.is(codeOf(503, 'cancelled'), 'server-unreachable');
  assert.is(codeOf(503, 'busy'), 'busy');
  assert.is(codeOf(503, 'a-word-of-a-newer-server'), 'busy');
});

test.run();
