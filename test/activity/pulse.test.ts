/** A laptop on battery is not woken for nothing: how often the activity looks at the clock. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { secondsBetweenTicks } from '../../activity/model/acts/pulse.ts';
import { after, agentEvent, jobEvent, NOW } from './viewer.ts';

const test = suite('the pulse of the activity');

const uid = '00000000-0000-4000-8000-000000000001';
const job = '/org/sugarlabs/Backup1/job/1';

test('each second while something is under way, else by the minute, and never unseen', () => {
  const { state: idle } = after(agentEvent({}));
  const { state: busy } = after(agentEvent({ Jobs: [job] }), jobEvent({}));
  const { state: done } = after(agentEvent({ Jobs: [job] }), jobEvent({ State: 'done' }));
  const often = (state: typeof idle) =>
    [true, false].map((seen) => secondsBetweenTicks(state, seen));
  assert.equal([idle, busy, done].map(often), [
    [60, undefined],
    [1, undefined],
    [60, undefined],
  ]);
});

test('what waits for its time, such as an undo, comes also when nobody looks', () => {
  const { state } = after(agentEvent({}), {
    type: 'act',
    act: { type: 'unpin', uid, title: 'Fish' },
  });
  assert.is(secondsBetweenTicks(state, false), 1);
  const later = after(
    agentEvent({}),
    { type: 'act', act: { type: 'unpin', uid, title: 'Fish' } },
    { type: 'tick', now: NOW + 100 },
  );
  assert.equal(later.effects, [{ type: 'unpin', uid }]);
  assert.is(secondsBetweenTicks(later.state, false), undefined);
});

test.run();
