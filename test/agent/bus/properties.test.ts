import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { agentProperties, jobProperties, withSteadyTimes } from '../../../agent/bus/properties.ts';
import { type JobKind, liveJobs, type Request } from '../../../agent/rules/jobs.ts';
import { newModel, next } from '../../../agent/rules/machine.ts';
import type { World } from '../../../agent/rules/obstacles.ts';
import { describeStatus } from '../../../agent/rules/status.ts';
import type { AgentView } from '../../../agent/service/agent.ts';
import type { Memory } from '../../../agent/service/memory.ts';

const test = suite('what clients are shown');

const START_MS = Date.UTC(2026, 10, 22, 12);
const WORLD: World = {
  ...{ power: 'mains', network: 'up', suspending: false, paused: false },
  uptimeMs: 60_000,
};
const AGAIN = { type: 'due', due: false, againAtMs: 3_660_000, wait: null } as const;

const about = (kind: JobKind): Request => {
  return { kind, byHand: true, of: '', snapshot: '', entry: '' };
};

/** A view of an idle agent whose last event was `ms` ago; its clocks differ by `noiseMs`. */
function viewAfter(ms: number, noiseMs = 0): AgentView {
  const model = next(newModel(WORLD), AGAIN);
  const now = { wallMs: START_MS + ms + noiseMs, boot: 'b', uptimeMs: 60_000 + ms };
  const memory = { done: null, held: '' } as unknown as Memory;
  return {
    model,
    status: describeStatus(model),
    memory,
    touchedMs: undefined,
    facts: undefined,
    movingMs: 0,
    volume: {
      ...{ state: 'closed', of: '', snapshot: '' },
      leftOut: { empty: 1, bundles: 2, damaged: 3, older: 4 },
    },
    now,
  };
}

const shown = (ms: number, noiseMs = 0) =>
  agentProperties(viewAfter(ms, noiseMs), { bytes: 0, limit: 0 });
const AN_HOUR_LATER = BigInt(START_MS / 1000 + 3600);

test('what a day in the Journal does not show is told by its reasons', () => {
  assert.equal(shown(0).LeftOut, [1, 2, 3, 4]);
});

test('the time of the next backup stands still while nothing happens', () => {
  assert.is(shown(0).NextBackup, AN_HOUR_LATER);
  assert.is(shown(600_000).NextBackup, AN_HOUR_LATER, 'ten minutes after the last event');
});

test('a backup made without the agent counts as the last one', () => {
  const touchedMs = START_MS - 5000;
  const { LastBackup } = agentProperties({ ...viewAfter(0), touchedMs }, { bytes: 0, limit: 0 });
  assert.is(LastBackup, BigInt(touchedMs / 1000));
  assert.is(shown(0).LastBackup, 0n);
});

test('what two clocks differ by is no change, and a clock that was set is one', () => {
  const before = shown(0);
  assert.is(withSteadyTimes(before, shown(1000, -30)).NextBackup, AN_HOUR_LATER);
  assert.is(withSteadyTimes(before, shown(1000, 5000)).NextBackup, AN_HOUR_LATER + 5n);
});

test('clients know the rest after a stop as "paused", and are told it once', () => {
  const due = { ...AGAIN, due: true } as const;
  const resting = [due, { type: 'cancel', id: 1 } as const].reduce(next, newModel(WORLD));
  const paused = next(resting, { type: 'world', change: { paused: true } });
  const told = [resting, paused].map((model) => {
    const view = { ...viewAfter(0), model, status: describeStatus(model) };
    const { State, Reasons } = agentProperties(view, { bytes: 0, limit: 0 });
    return [State, Reasons, liveJobs(model.jobs).map((job) => jobProperties(view, job).Reasons)];
  });
  assert.equal(told, [
    ['waiting', ['paused'], [['paused']]],
    ['paused', ['paused'], [['paused']]],
  ]);
});

test('a job that waits says why, and one that was chosen runs, also before its worker says anything', () => {
  const first = next(newModel(WORLD), { type: 'request', request: about('restore') });
  const model = next(first, { type: 'request', request: about('backup') });
  const view = { ...viewAfter(0), model, status: describeStatus(model) };
  const shown = model.jobs.map((job) => jobProperties(view, job));
  assert.equal(
    shown.map(({ Kind, State, Reasons }) => [Kind, State, Reasons]),
    [
      ['restore', 'running', []],
      ['backup', 'waiting', ['other-run']],
    ],
  );
  const down = next(model, { type: 'world', change: { power: { percent: 3 } } });
  const waiting = { ...view, model: down, status: describeStatus(down) };
  assert.equal(
    down.jobs
      .map((job) => jobProperties(waiting, job))
      .map(({ State, Reasons }) => [State, Reasons]),
    [
      ['waiting', ['battery']],
      ['waiting', ['battery']],
    ],
  );
});

test.run();
