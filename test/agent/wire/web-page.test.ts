import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { askServer } from '../../../agent/wire/http.ts';
import { asDsError } from '../../../shared/errors.ts';

const test = suite('an answer that is not from a school server');

/** The status of an answer like this, or the code of the error and whether it may pass by itself. */
async function askOne(status: number, headers: Record<string, string>, body: string) {
  const server = createServer((_, response) => response.writeHead(status, headers).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const { signal } = new AbortController();
    return (await askServer(`http://127.0.0.1:${port}/backup/1/available/X`, signal)).statusCode;
  } catch (error) {
    const { code, retry } = asDsError(error);
    return `${code} ${retry}`;
  } finally {
    server.close();
  }
}

const HTML = { 'content-type': 'text/html; charset=utf-8' };
const PAGE = '<!DOCTYPE html><html><body>Please log in</body></html>';
const STRANGER = 'server-unreachable true';
const CASES: [string, number, Record<string, string>, string, number | string][] = [
  ['a login page', 200, HTML, PAGE, STRANGER],
  ['a way to one', 302, { location: 'http://portal/' }, '', STRANGER],
  ['a login that is required', 511, HTML, PAGE, STRANGER],
  ['a page that forbids', 403, HTML, PAGE, STRANGER],
  ['a page that nothing works', 503, { ...HTML, 'retry-after': '86401' }, PAGE, STRANGER],
  ['the original server', 200, { 'content-type': 'text/plain' }, '', 200],
  ['the original server behind one that names any type', 200, HTML, '', 200],
  ['a server that does not work', 500, {}, '', STRANGER],
  ['a way to the server that does not work', 502, {}, '', STRANGER],
  ['a way to the server that is too slow', 504, {}, '', STRANGER],
  ['a refusal without a page', 403, { 'content-type': 'text/plain' }, '', 403],
  ['text that mentions a page', 200, { 'content-type': 'text/plain' }, PAGE, 200],
];

for (const [what, status, headers, body, expected] of CASES) {
  test(`${what}: ${expected}`, async () => {
    assert.is(await askOne(status, headers, body), expected);
  });
}

test.run();
