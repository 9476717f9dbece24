import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { busReasons, REASONS, toldReason } from '../../shared/backup-states.ts';

const test = suite('the reasons of the agent, on the bus and off it');

test('a rest is paused on the bus, once, and the order stays', () => {
  assert.equal(busReasons(['paused', 'battery', 'rest']), ['paused', 'battery']);
  assert.equal(busReasons(['battery', 'rest']), ['battery', 'paused']);
  assert.equal(busReasons([]), []);
});

test('all work is paused in that state only, and elsewhere it is a rest', () => {
  assert.is(toldReason('paused', 'paused'), 'paused');
  for (const state of ['waiting', 'due', 'queued', 'a-newer-state']) {
    assert.is(toldReason(state, 'paused'), 'rest');
  }
  for (const reason of REASONS.filter((one) => one !== 'paused')) {
    assert.is(toldReason('waiting', reason), reason);
  }
});

test.run();
