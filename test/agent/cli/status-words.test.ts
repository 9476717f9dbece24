import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { formatStatus } from '../../../agent/cli/status-words.ts';

const test = suite('the status at a terminal');

const now = (State: string, Reasons: string[]) =>
  formatStatus({ State, Reasons }).split('\n', 1).join();

test('whoever paused it is told how to go on', () => {
  assert.match(
    now('paused', ['paused']),
    /^now: +paused \(paused; "ds-backup resume" continues\)$/,
  );
});

test('a backup that was stopped goes on by itself or by "now", which "resume" is no way to', () => {
  const told = now('waiting', ['paused', 'battery']);
  assert.match(
    told,
    /^now: +waiting \(stopped for an hour; "ds-backup now" continues, the battery/,
  );
});

test.run();
