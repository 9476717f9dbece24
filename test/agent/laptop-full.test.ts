import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { explainDatastore, explainFull } from '../../agent/laptop-full.ts';
import { asDsError, DsError } from '../../shared/errors.ts';

const test = suite('a full or broken disk of the laptop');

const errno = (code: string) => Object.assign(new Error(`${code}: it failed`), { code });

test('the error of the file system tells which', () => {
  const cases = [
    ['ENOSPC', 'laptop-full'],
    ['EDQUOT', 'laptop-full'],
    ['SQLITE_FULL', 'laptop-full'],
    ['EROFS', 'laptop-read-only'],
    ['SQLITE_READONLY', 'laptop-read-only'],
  ];
  for (const [code = '', expected] of cases) {
    assert.is(explainFull(errno(code)).code, expected, code);
  }
  const made = Object.assign(errno('ENOENT'), { syscall: 'mkdir' });
  assert.is(
    explainFull(made).code,
    'laptop-read-only',
    'so Node reports a folder that cannot be made',
  );
  assert.is(explainFull(errno('ENOENT')).code, 'internal');
  assert.is(explainFull(new DsError('server-full', 'No space left on device')).code, 'server-full');
});

test("Sugar's datastore that ends on a full disk ends for that reason", () => {
  const ended = new DsError('datastore', 'the datastore does not answer');
  assert.is(asDsError(explainDatastore(ended, () => (1 << 20) - 1)).code, 'laptop-full');
  assert.is(
    explainDatastore(ended, () => 1 << 20),
    ended,
  );
  const other = new DsError('transfer', 'the link is gone');
  assert.is(
    explainDatastore(other, () => 0),
    other,
  );
});

test.run();
