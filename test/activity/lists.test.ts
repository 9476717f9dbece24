/** What the school keeps: days, five thousand entries, pins and their undo. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EntryBody } from '../../activity/model/screens/body.ts';
import { screenOf } from '../../activity/model/screens/screen.ts';
import { readDetails, readEntryPage } from '../../activity/model/state/answers.ts';
import type { Event } from '../../activity/model/state/event.ts';
import { questionsFor } from '../../activity/model/state/questions.ts';
import type { Effect, State } from '../../activity/model/state/state.ts';
import {
  after,
  agentEvent,
  entries,
  jobEvent,
  list,
  NOW,
  page,
  row,
  SNAPSHOT,
  viewer,
} from './viewer.ts';

const test = suite('what the school keeps');

const pages = (state: State) =>
  questionsFor(state).flatMap((question) => ('page' in question ? [question.page] : []));

test('of 5,000 entries only the pages that can be seen are asked for', () => {
  const first = after(agentEvent({}), entries);
  assert.equal(pages(first.state), [0]);
  const known = after(agentEvent({}), entries, page(0));
  assert.is(list(known.state).count, 5000);
  assert.equal(pages(known.state), [1]);
  const scrolled = after(agentEvent({}), entries, page(0), {
    type: 'seen',
    first: 3000,
    last: 3010,
  });
  assert.equal(pages(scrolled.state), [50, 51, 49]);
  assert.is(list(scrolled.state).row(3000), null, 'not there yet: an empty row, not a wrong one');
});

test('a row is as in the Journal, with a gesture each for bringing back and pinning', () => {
  const shown = list(after(agentEvent({}), entries, page(0)).state).row(5);
  assert.is(shown?.title, 'Thing 5');
  assert.is(shown?.when, '5 hours ago');
  assert.equal(
    shown?.buttons.map(({ label }) => label),
    ['Bring back', 'Pin', 'Keep at school'],
  );
  assert.equal(shown?.buttons[0]?.event, {
    type: 'act',
    act: { type: 'bring-back', of: '', snapshot: SNAPSHOT, uid: row(5).uid },
  });
});

/** What the first row of the days offers with `InJournal` so. */
function dayButtons(inJournal: unknown) {
  const days = { type: 'days', of: '' } as const;
  const day = { snapshot: SNAPSHOT, created: NOW, entries: 9, bytes: 900 };
  const { state } = after(
    agentEvent({ InJournal: inJournal }),
    { type: 'go', place: days },
    { type: 'answer', question: days, value: [day] },
  );
  return list(state)
    .row(0)
    ?.buttons.map(({ label, sensitive, event }) => ({ label, sensitive, event }));
}

test('a day goes into the Journal and out of it, where the laptop can show it', () => {
  const show = { type: 'show-day', of: '', snapshot: SNAPSHOT } as const;
  const into = { label: 'In my Journal', event: { type: 'act', act: show } };
  assert.equal(dayButtons(['closed', '', '']), [{ ...into, sensitive: true }]);
  assert.equal(dayButtons(['open', '', 'another']), [{ ...into, sensitive: true }]);
  assert.equal(dayButtons(['opening', '', SNAPSHOT]), [{ ...into, sensitive: false }]);
  const out = { label: 'Out of my Journal', event: { type: 'act', act: { type: 'hide-day' } } };
  assert.equal(dayButtons(['open', '', SNAPSHOT]), [{ ...out, sensitive: true }]);
  for (const none of [['unavailable', '', ''], undefined, 'open']) {
    assert.equal(dayButtons(none), [], 'not offered');
  }
});

test('a day that came into the Journal says where it is', () => {
  const effect = { type: 'show-day', of: '', snapshot: SNAPSHOT } as const;
  const shown = after(agentEvent({}), { type: 'did', effect, result: 'School' });
  assert.equal(shown.state.alert?.type === 'news' && shown.state.alert.what, 'in-journal');
  const leaving = agentEvent({ InJournal: ['open', '', SNAPSHOT], LeftOut: [0, 2, 0, 0] });
  const partly = after(leaving, { type: 'did', effect, result: 'School' });
  assert.match(screenOf(partly.state, viewer).alert?.text ?? '', /Some things are only here\.$/);
  const refused = after(agentEvent({}), { type: 'refused', effect, code: 'server-unreachable' });
  assert.equal(refused.state.alert?.type === 'news' && refused.state.alert.what, 'server-away');
});

test('two backups of one day are told apart by the time, others have only the day', () => {
  const day = (hoursAgo: number) => ({
    snapshot: `datastore-${hoursAgo}`,
    created: NOW - hoursAgo * 3600,
    entries: 40,
    bytes: 2e6,
  });
  const place = { type: 'days', of: '' } as const;
  const value = [day(0.1), day(0.2), day(72)];
  const shown = list(
    after(
      agentEvent({}),
      { type: 'go', place },
      { type: 'answer', question: { type: 'days', of: '' }, value },
    ).state,
  );
  const notes = [0, 1, 2].map((index) => shown.row(index)?.note);
  assert.match(notes[0] ?? '', /^\d+:\d\d.* · 40 things · 2 MB$/);
  assert.not.equal(notes[0], notes[1]);
  assert.is(notes[2], '40 things · 2 MB');
  assert.is(shown.row(3), null, 'there are no more');
});

test('malformed answers leave out lines and make up none', () => {
  assert.equal(readEntryPage('x', [{ title: 'no uid' }, 5, null]), { total: 0, rows: [] });
  const [odd] = readEntryPage(1, [
    row(1, { bytes: -5, timestamp: 'soon', here: 'elsewhere' }),
  ]).rows;
  assert.equal([odd?.bytes, odd?.timestamp, odd?.here], [0, 0, 'absent']);
});

const UID = String(row(1).uid);

test("an old laptop's entries can be brought back, and not pinned", () => {
  const of = 'CSN00000AAA';
  const question = { type: 'page', of, snapshot: SNAPSHOT, search: '', page: 0 } as const;
  const { state } = after(
    agentEvent({}),
    { type: 'go', place: { type: 'entries', of, snapshot: SNAPSHOT, search: '' } },
    { type: 'answer', question, value: readEntryPage(1, [row(1)]) },
  );
  const labels = (buttons: { label: string }[] = []) => buttons.map(({ label }) => label);
  assert.equal(labels(list(state).row(0)?.buttons), ['Bring back']);
  const entry = { type: 'entry', of, snapshot: SNAPSHOT, uid: UID } as const;
  const details = { type: 'details', of, snapshot: SNAPSHOT, uid: UID } as const;
  const value = readDetails({ ...row(1), pinned: true });
  const one = after(
    agentEvent({}),
    { type: 'go', place: entry },
    { type: 'answer', question: details, value },
  );
  assert.equal(labels((screenOf(one.state, viewer).body as EntryBody).buttons), ['Bring back']);
});

test('one entry that came back is told once, and the news disappears by itself', () => {
  const ended = jobEvent({ Kind: 'restore-entry', State: 'done', CurrentTitle: 'Volcán' });
  const events = [agentEvent({}), jobEvent({ Kind: 'restore-entry' }), ended];
  const told = screenOf(after(...events).state, viewer).alert;
  assert.is(told?.title, 'Volcán');
  assert.match(told?.text ?? '', /at the top of your Journal/);
  assert.is(screenOf(after(...events, { type: 'tick', now: NOW + 7 }).state, viewer).alert, null);
  assert.is(screenOf(after(...events, ended).state, viewer).alert?.key, told?.key);
});

test('what did not work stays until it is read, or until the same thing is tried again', () => {
  const job = { Kind: 'restore-entry', CurrentTitle: 'Volcán' };
  const failed = jobEvent({ ...job, State: 'failed', Problem: ['server-unreachable', '', ''] });
  const events = [agentEvent({}), jobEvent(job), failed];
  const textAfter = (...more: Event[]) =>
    screenOf(after(...events, ...more).state, viewer).alert?.text;
  const later: Event = { type: 'tick', now: NOW + 3600 };
  assert.is(textAfter(), 'The school does not answer');
  assert.is(textAfter(later), 'The school does not answer', 'an hour later');
  assert.is(textAfter({ type: 'answer-alert', yes: true }), undefined);
  const cameBack = (CurrentTitle: string) => [
    jobEvent({ ...job, CurrentTitle }, 2),
    jobEvent({ ...job, CurrentTitle, State: 'done' }, 2),
  ];
  assert.is(textAfter(...cameBack('La luna')), 'The school does not answer', 'of another thing');
  assert.match(textAfter(...cameBack('Volcán')) ?? '', /at the top of your Journal/);
  assert.is(textAfter(...cameBack('Volcán'), later), undefined);
});

test('a failed backup is told away from the first screen, until one works', () => {
  const failed = jobEvent({ State: 'failed', Problem: ['server-unreachable', '', ''] });
  const events = [agentEvent({}), entries, jobEvent({ CurrentTitle: 'Volcán' }), failed];
  const alertAfter = (...more: Event[]) => screenOf(after(...events, ...more).state, viewer).alert;
  assert.equal([alertAfter()?.title, alertAfter()?.text], ['', 'The school does not answer']);
  const later: Event = { type: 'tick', now: NOW + 3600 };
  assert.is(alertAfter(later)?.text, 'The school does not answer');
  assert.is(alertAfter(later, jobEvent({}, 2), jobEvent({ State: 'done' }, 2)), null);
});

test('a gesture on a list is seen at once, on its row, and why it waits', () => {
  const path = '/org/sugarlabs/Backup1/job/1';
  const effect = { type: 'bring-back', of: '', snapshot: SNAPSHOT, uid: UID } as const;
  const asked: Event = { type: 'did', effect, result: path };
  const here = [agentEvent({ Jobs: [path] }), entries, page(0)];
  const job = { Kind: 'restore-entry', Entry: UID };
  const running = after(...here, jobEvent(job), asked).state;
  assert.is(screenOf(running, viewer).alert?.text, 'It is on its way.');
  assert.equal([list(running).row(1)?.note, list(running).row(2)?.note], ['It is on its way.', '']);
  const waiting = jobEvent({ ...job, State: 'waiting', Reasons: ['no-network'] });
  assert.is(list(after(...here, waiting).state).row(1)?.note, 'No school network here');
  const ended = after(...here, jobEvent(job), jobEvent({ ...job, State: 'done' }), asked).state;
  assert.match(screenOf(ended, viewer).alert?.text ?? '', /at the top/, 'the end is told last');
  assert.is(list(ended).row(1)?.note, '');
});

test('what an entry that was asked for became is told as it is', () => {
  const told = (Summary: object) =>
    screenOf(
      after(
        agentEvent({}),
        jobEvent({ Kind: 'restore-entry' }),
        jobEvent({ Kind: 'restore-entry', State: 'done', Summary }),
      ).state,
      viewer,
    ).alert?.text;
  const none = { restored: 0, beside: 0, alreadyHere: 0, problems: 0 };
  assert.is(told({ ...none, restored: 1 }), 'It is at the top of your Journal.');
  assert.match(told({ ...none, beside: 1 }) ?? '', /top of your Journal, beside the newer one/);
  assert.is(told({ ...none, alreadyHere: 1 }), 'It is in your Journal already.');
  assert.is(told({ ...none, problems: 1 }), 'It did not work: show this to your teacher');
});

test('a search finds at school, and its end leads back to the list', () => {
  const { state } = after(agentEvent({}), { type: 'search', text: 'volcán' });
  assert.equal(questionsFor(state)[0], {
    type: 'page',
    of: '',
    snapshot: '',
    search: 'volcán',
    page: 0,
  });
  assert.is(list(state).title, '"volcán" at school');
  assert.equal(after(agentEvent({}), { type: 'search', text: '' }).state.place, { type: 'status' });
});

test('a search of one day leads on to the others, where deleted things are', () => {
  const search = (total: number, snapshot = '') => {
    const question = { type: 'page', of: '', snapshot, search: 'fish', page: 0 } as const;
    const value = readEntryPage(total, total > 0 ? [row(1)] : []);
    const place = { type: 'entries', of: '', snapshot, search: 'fish' } as const;
    return list(
      after(agentEvent({}), { type: 'go', place }, { type: 'answer', question, value }).state,
    );
  };
  const days = { type: 'go', place: { type: 'days', of: '', search: 'fish' } } as const;
  const { empty } = search(0);
  assert.equal([empty?.title, empty?.text], ['Nothing found', 'Look in an older day?']);
  assert.equal(empty?.buttons[0]?.event, days);
  assert.is(empty?.buttons[0]?.main, true);
  assert.equal(search(1).buttons[0]?.event, days, 'what was found may not be what was meant');
  assert.equal(search(0, SNAPSHOT).empty?.buttons[0]?.event, days, 'from a chosen day too');
  assert.equal(search(1, SNAPSHOT).buttons[0]?.event, days);
  const value = [{ snapshot: SNAPSHOT, created: NOW - 3600, entries: 40, bytes: 2e6 }];
  const known: Event = { type: 'answer', question: { type: 'days', of: '' }, value };
  const older = list(after(agentEvent({}), days, known).state);
  assert.is(older.title, '"fish" at school');
  const there = { type: 'entries', of: '', snapshot: SNAPSHOT, search: 'fish' } as const;
  assert.equal(older.row(0)?.open, { type: 'go', place: there }, 'nobody has to type it again');
  const inDay = list(after(agentEvent({}), known, { type: 'go', place: there }).state).title;
  assert.match(inDay, /^"fish" at school · .*\d{4}$/, 'what, and when');
});

test('the server goes away: what was shown stays; what was not known shows why', () => {
  const gone: Event = {
    type: 'no-answer',
    question: { type: 'page', of: '', snapshot: SNAPSHOT, search: '', page: 0 },
    code: 'server-unreachable',
  };
  assert.is(list(after(agentEvent({}), entries, page(0), gone).state).count, 5000);
  const empty = list(after(agentEvent({}), entries, gone).state);
  assert.is(empty.empty?.title, 'The school does not answer');
  assert.equal(pages(after(agentEvent({}), entries, gone).state), [], 'and is not asked in a loop');
  const back = after(agentEvent({}), entries, gone, { type: 'act', act: { type: 'again' } }).state;
  assert.equal(pages(back), [0]);
});

test('a search on a new laptop finds that nothing is at school yet, which is no trouble', () => {
  const unfound = (snapshot: string, search: string) => {
    const question = { type: 'page', of: '', snapshot, search, page: 0 } as const;
    const place = { type: 'entries', of: '', snapshot, search } as const;
    const failure = { type: 'no-answer', question, code: 'not-found' } as const;
    return list(after(agentEvent({}), { type: 'go', place }, failure).state).empty;
  };
  assert.is(unfound('', 'fish')?.title, 'Nothing at school yet');
  assert.is(unfound(SNAPSHOT, 'fish')?.title, 'Nothing found', 'a day that is gone');
  assert.equal(unfound('', 'fish')?.pictures, []);
  assert.equal(unfound('', 'fish')?.buttons, [], 'there are no older days either');
});

test('a list that could not be read promises nothing', () => {
  const question = { type: 'pins' } as const;
  const events = [{ type: 'go', place: { type: 'pins' } } as const, agentEvent({})];
  for (const code of ['server-unreachable', 'transfer', 'server-busy']) {
    const { empty } = list(after(...events, { type: 'no-answer', question, code }).state);
    assert.not.match(empty?.text ?? '', /by itself/);
    assert.is(empty?.buttons[0]?.label, 'Try now');
  }
});

test('each refusal has words of its own', () => {
  const words: Record<string, string> = {
    battery: 'Plug me in',
    'only-copy': 'It is kept at school only. Fetch it back first.',
    unreadable: 'It did not work: show this to your teacher',
    damaged: 'It did not work: show this to your teacher',
    transfer: 'The school does not answer',
    datastore: 'It did not work: show this to your teacher',
    'laptop-read-only': 'It did not work: show this to your teacher',
    'server-unreachable': 'The school does not answer',
    'server-full': 'The school is full',
    'laptop-full': 'This laptop is full',
    'untrusted-server': 'Is this your school?',
    'pending-approval': 'Ask your teacher',
    'not-registered': 'Ask your teacher',
    busy: 'Something else is at work',
    'server-busy': 'The school is busy',
    'server-trouble': 'Something at school does not work',
    'over-quota': 'It did not work yet',
    internal: 'It did not work yet',
  };
  for (const [code, text] of Object.entries(words)) {
    const effect = { type: 'keep', uid: UID } as const;
    const { state } = after(agentEvent({}), { type: 'refused', effect, code });
    assert.is(screenOf(state, viewer).alert?.text, text, code);
  }
});

test('a new snapshot makes lists be read again without emptying them', () => {
  const { state } = after(agentEvent({}), entries, page(0), agentEvent({ LastSnapshot: 'newer' }));
  assert.is(list(state).count, 5000);
  assert.ok(pages(state).includes(0));
});

test('only what is unchanged on this laptop is marked as being here too', () => {
  const value = readEntryPage(3, [
    row(0),
    row(1, { here: 'different' }),
    row(2, { here: 'absent' }),
  ]);
  const question = { type: 'page', of: '', snapshot: SNAPSHOT, search: '', page: 0 } as const;
  const { state } = after(agentEvent({}), entries, { type: 'answer', question, value });
  const marks = [0, 1, 2].map((index) =>
    list(state)
      .row(index)
      ?.marks.map(({ name }) => name),
  );
  assert.equal(marks, [['Also on this laptop'], [], []]);
});

test('another search is another list, from its top; the same one stays where it was', () => {
  const events = [agentEvent({}), entries, page(0), { type: 'seen', first: 90, last: 99 } as const];
  const other = after(...events, { type: 'search', text: 'fish' }).state;
  assert.is(other.place.type === 'entries' && other.place.search, 'fish');
  assert.equal(other.visible, { first: 0, last: 0 });
  assert.equal(pages(other), [0]);
  const same = after(...events, { type: 'search', text: '' }).state;
  assert.equal(same.visible, { first: 90, last: 99 });
});

test('each gesture on one entry is told to be on its way, others are not', () => {
  const told = (effect: Effect) =>
    screenOf(after(agentEvent({}), { type: 'did', effect, result: '' }).state, viewer).alert?.text;
  const entry = { of: '', snapshot: SNAPSHOT, uid: UID };
  assert.is(told({ type: 'bring-back', ...entry }), 'It is on its way.');
  assert.is(told({ type: 'keep', uid: UID }), 'It is on its way.');
  assert.is(told({ type: 'fetch', uid: UID }), 'It is on its way.');
  assert.is(told({ type: 'back-up' }), undefined);
  assert.is(told({ type: 'restore-all', of: '', snapshot: SNAPSHOT }), undefined);
});

test('while a list is asked for something moves, and stands still with the answer', () => {
  const empty = (...events: Event[]) => list(after(agentEvent({}), entries, ...events).state).empty;
  assert.is(empty()?.busy, true);
  const question = { type: 'page', of: '', snapshot: SNAPSHOT, search: '', page: 0 } as const;
  const none: Event = { type: 'answer', question, value: readEntryPage(0, []) };
  assert.not(empty(none)?.busy);
  assert.not(empty({ type: 'no-answer', question, code: 'server-unreachable' })?.busy);
});

test.run();
