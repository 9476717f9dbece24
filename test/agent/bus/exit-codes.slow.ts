// weight: 12
/**
 * A command ends with the same exit code whether the agent does its work or its own process: every error there is,
 * of a worker that is made up, told over a real bus.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exitCodeOf, runCli } from '../../../agent/cli/cli.ts';
import { type Clock, realClock } from '../../../shared/clock.ts';
import { DsError, type ErrorCode } from '../../../shared/errors.ts';
import { Cleanup } from '../../../shared/system/cleanup.ts';
import { makeProfile } from '../journal/journal.ts';
import { runOnBus, startBus } from './private-bus.ts';

const test = suite('exit codes, by the agent and without it');

/** Every code of the type, from its source: a new one has its line here at once. */
const ERRORS = readFileSync(
  fileURLToPath(new URL('../../../shared/errors.ts', import.meta.url)),
  'utf8',
);
const CODES = [...ERRORS.matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, code]) => code as ErrorCode);

/** For it, the seconds that a command waits for a job which waits are short. */
const HASTY: Clock = {
  ...realClock,
  monotonicMs: () => realClock.monotonicMs() * 20,
  sleep: (ms, signal) => realClock.sleep(ms / 20, signal),
};

let cleanup: Cleanup;
let env: NodeJS.ProcessEnv;
let answer: string;

test.before(async () => {
  cleanup = new Cleanup();
  const { paths } = cleanup.use(makeProfile());
  const { address, bus } = await startBus(cleanup, paths.own);
  answer = join(paths.own, 'answer');
  const worker = join(paths.own, 'worker.mjs');
  writeFileSync(
    worker,
    `import { readFileSync } from 'node:fs';
     const answers = { facts: { problems: 0, unfinished: [] } };
     process.on('message', ({ id, act }) => {
       const told = JSON.parse(readFileSync(${JSON.stringify(answer)}, 'utf8'));
       if (act in answers) process.send({ id, type: 'result', result: answers[act] });
       else process.send({ id, ...told });
     });`,
  );
  tell({ type: 'result', result: { summary: {}, details: {} } });
  env = await runOnBus(cleanup, { bus, address }, { paths, worker });
});

test.after(async () => {
  await cleanup[Symbol.asyncDispose]();
});

/** What the worker answers to every job from now on. */
function tell(report: object): void {
  writeFileSync(answer, JSON.stringify(report));
}

async function run(...args: string[]) {
  const out = { exitCode: 0, text: '' };
  const note = (text: string) => {
    out.text += text;
  };
  out.exitCode = await runCli({
    ...{ args, env, clock: HASTY, stdout: note, stderr: note, isTerminal: false },
    ...{ parent: process, stop: new AbortController(), self: [] },
  });
  return out;
}

for (const command of [['now'], ['restore', 'latest']]) {
  for (const code of CODES) {
    test(`${command.join(' ')}: ${code}`, async () => {
      tell({ type: 'failure', failure: { code, message: 'it is so', hint: '' } });
      const { exitCode, text } = await run(...command);
      assert.is(exitCode, exitCodeOf(new DsError(code, 'it is so')), text);
      await run('cancel');
    });
  }
  for (const [problems, expected] of [
    [0, 0],
    [1, 1],
  ] as const) {
    test(`${command.join(' ')}: done with ${problems} problems`, async () => {
      tell({ type: 'result', result: { summary: { entries: 3, problems }, details: {} } });
      const { exitCode, text } = await run(...command);
      assert.is(exitCode, expected, text);
    });
  }
}

test.run();
