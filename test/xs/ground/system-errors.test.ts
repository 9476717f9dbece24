/** What an error of the server's system becomes on its way to a laptop, a page and the terminal. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DsError } from '../../../shared/errors.ts';
import { answerTo } from '../../../xs/api/error-answer.ts';
import {
  asServerError,
  asTerminalError,
  reasonOf,
  SYSTEM_CODES,
} from '../../../xs/ground/system-errors.ts';

const test = suite('errors of the system have a code, words and a way out');

const PATH = '/library/users/CSN74803BB1/incoming';
function thrown(code: string): Error {
  const message = `${code}: it went wrong, open '${PATH}'`;
  return Object.assign(new Error(message), { code, syscall: 'open', path: PATH });
}

test('each has words and a way out, and no laptop is told a path', () => {
  assert.ok(SYSTEM_CODES.length > 20);
  for (const code of SYSTEM_CODES) {
    const error = asServerError(thrown(code));
    assert.not.equal(error.code, 'internal', code);
    assert.ok(error.hint && error.message.length > 20, code);
    for (const text of [error.message, error.hint]) assert.not.match(text ?? '', /\/\w|E[A-Z]{3}/);
    const { status, body, fault } = answerTo(thrown(code));
    assert.ok([503, 507].includes(status), `${code}: ${status}`);
    assert.equal([body.code, body.message, body.hint], [error.code, error.message, error.hint]);
    assert.ok(fault, 'it is in the log');
    assert.match(reasonOf(error), PATH);
  }
});

test('a full disk, a read-only one and a bad one are told apart', () => {
  const codes = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EACCES', 'ENOENT', 'EMFILE'];
  assert.equal(
    codes.map((code) => asServerError(thrown(code)).message.split(' ').slice(-2).join(' ')),
    [
      ...['is full', 'is full', 'become read-only', 'or written', 'own files'],
      ...['should be', 'the moment'],
    ],
  );
  assert.ok(asServerError(thrown('EMFILE')).retry);
});

test('the terminal sees the path as well; our own errors stay as they are', () => {
  const told = asTerminalError(thrown('ENOSPC'));
  assert.is(told.code, 'server-full');
  assert.match(told.message, PATH);
  const ours = new DsError('not-found', 'there is no such pin');
  assert.is(asTerminalError(ours), ours);
  assert.is(asServerError(ours), ours);
  assert.is(answerTo(new Error('who knows')).status, 500);
});

test.run();
