import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { asDsError, DsError, describeForTerminal, isErrno } from '../../shared/errors.ts';

const test = suite('errors');

test('a person reads what is wrong, and the way out where there is one', () => {
  const bare = new DsError('busy', 'another backup is running');
  assert.is(describeForTerminal(bare), 'error: another backup is running [busy]');
  const hinted = new DsError('config', 'no such key', { hint: 'see the README' });
  assert.is(describeForTerminal(hinted), 'error: no such key [config]\nhint: see the README');
});

test('whether to try again is no unless somebody said yes', () => {
  assert.is(new DsError('busy', 'x').retry, false);
  assert.is(new DsError('busy', 'x', { retry: true }).retry, true);
});

test('what is thrown by others becomes one of ours and keeps its cause', () => {
  const ours = new DsError('busy', 'x');
  assert.is(asDsError(ours), ours);
  const bug = new TypeError('x is not a function');
  assert.equal([asDsError(bug).code, asDsError(bug).message], ['internal', bug.message]);
  assert.is(asDsError(bug).cause, bug);
  assert.is(asDsError('just text').message, 'just text');
  assert.is(asDsError(undefined).code, 'internal');
});

test('an abort is a cancellation, to be tried again', () => {
  const { reason } = AbortSignal.abort();
  const error = asDsError(new Error('x', { cause: reason }));
  assert.is(error.code, 'internal');
  const abort = new Error('aborted');
  abort.name = 'AbortError';
  assert.equal([asDsError(abort).code, asDsError(abort).retry], ['cancelled', true]);
});

test('system errors are told by their code', () => {
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
  assert.ok(isErrno(full, 'EDQUOT', 'ENOSPC'));
  assert.not(isErrno(full, 'ENOENT'));
  assert.not(isErrno({ code: 'ENOSPC' }, 'ENOSPC'));
  assert.not(isErrno(new Error('x'), 'ENOENT'));
});

test.run();
