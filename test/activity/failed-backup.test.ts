/** What a child sees after a backup came to nothing, was stopped, or was kept aside. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PageBody } from '../../activity/model/screens/body.ts';
import { screenOf } from '../../activity/model/screens/screen.ts';
import { after, agentEvent, jobEvent, NOW, type Properties, viewer } from './viewer.ts';

const test = suite('a backup that came to nothing');

function page(properties: Properties): PageBody {
  const { body } = screenOf(after(agentEvent(properties)).state, viewer);
  if (body.type !== 'page') throw new Error(`a ${body.type} instead of a page`);
  return body;
}

const JOB = '/org/sugarlabs/Backup1/job/1';
const failing = (code: string, agent: Properties = { State: 'due', Reasons: [] }) => [
  agentEvent({ State: 'asking', Jobs: [JOB] }),
  jobEvent({}),
  jobEvent({ State: 'failed', Problem: [code, 'message', ''] }),
  agentEvent({ ...agent, Jobs: [JOB] }),
];
const afterFailing = (...more: Parameters<typeof after>) =>
  screenOf(after(...failing('server-unreachable'), ...more).state, viewer);

test('a backup that came to nothing says why, until another begins', () => {
  const failed = (code: string) => screenOf(after(...failing(code)).state, viewer).body as PageBody;
  assert.is(failed('server-full').title, 'The school is full');
  assert.equal(failed('server-full').buttons[0]?.event, { type: 'act', act: { type: 'back-up' } });
  assert.is(failed('untrusted-server').title, 'Is this your school?');
  assert.not.match(failed('server-unreachable').text, /by itself/, 'nobody tries it again');
  assert.not.match(failed('pending-approval').text, /number/, 'there is none yet');
  const again = afterFailing(agentEvent({ State: 'asking', Jobs: [JOB] }));
  assert.is((again.body as PageBody).title, 'Asking the school');
});

test('what failed stays on the first screen until it worked or was dismissed, with all safe too', () => {
  const title = (...more: Parameters<typeof after>) =>
    (afterFailing(...more).body as PageBody).title;
  const safe = agentEvent({ State: 'safe', Jobs: [JOB] });
  assert.is(title(safe), 'The school does not answer');
  const forgotten = agentEvent({ State: 'safe', Jobs: [] });
  const hour = { type: 'tick', now: NOW + 3600 } as const;
  assert.is(title(safe, forgotten, hour), 'The school does not answer', 'an hour later too');
  assert.is(title(safe, agentEvent({ LastBackup: NOW })), 'All safe at school', 'it worked');
  assert.is(title(safe, jobEvent({ State: 'done' })), 'All safe at school');
  const page = afterFailing(safe).body as PageBody;
  assert.equal(
    page.buttons.map(({ label }) => label),
    ['Try now', 'Ok'],
  );
  const ok = page.buttons[1]?.event;
  assert.ok(ok && title(safe, ok) === 'All safe at school', 'dismissed');
  assert.is(title(safe, agentEvent({ State: 'asking', Jobs: [JOB] })), 'Asking the school');
});

test('a failed backup is told by an alert only where the first screen does not say it', () => {
  assert.is(afterFailing().alert, null);
  const pins = { type: 'go', place: { type: 'pins' } } as const;
  assert.ok(screenOf(after(pins, ...failing('server-full')).state, viewer).alert);
});

test('a stopped backup rests, and can be asked for at once all the same', () => {
  const path = '/org/sugarlabs/Backup1/job/1';
  const shown = (reason: string, State = 'waiting') =>
    screenOf(
      after(
        agentEvent({ State: 'waiting', Reasons: [reason], Jobs: [path] }),
        jobEvent({ State, Reasons: [reason] }),
      ).state,
      viewer,
    );
  const resting = shown('paused');
  assert.equal((resting.body as PageBody).buttons[0]?.event, {
    type: 'act',
    act: { type: 'back-up' },
  });
  assert.is(resting.toolbar.backUp.sensitive, true);
  assert.is(shown('untrusted-server').toolbar.backUp.sensitive, true);
  assert.is(shown('', 'running').toolbar.backUp.sensitive, false);
});

test('backups that are kept aside frighten nobody', () => {
  const { title, text } = page({ Held: 'shrunk' });
  assert.is(title, 'The school asks your teacher');
  assert.not.match(text, /gone|lost/);
});

test.run();
