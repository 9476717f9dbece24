// weight: 150
/**
 * Every gesture of the activity by pointer, by keyboard and by a finger that stays on it, in Sugar's own
 * shell: the first two do it, the third says its name and does nothing, where it has no words of its own. The
 * agent is a scripted one, so that each screen comes at once.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { waitFor } from '../../runner/patience.ts';
import { type Heard, ScreenReader } from '../screen-reader.ts';
import { CALM, STATES, Stage } from '../stage.ts';

const test = suite('the gestures of the Backup activity');

/** Below this line is the page, in pixels. */
const TOOLBAR = 80;
/** The least side of what a finger presses, in pixels of the XO's screen (200 to the inch). */
const LEAST_SIZE = 44;
/** More presses of a key than lead to anything on one page. */
const PRESSES = 60;
/** Wider than this is a row. */
const ROW = 600;
/** The name that AT-SPI has of the shell. */
const SHELL = 'main.py';
const PRESSED = ['push button', 'toggle button', 'list item'];
const DAY = /^(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day/;

interface Gesture {
  name: string | RegExp;
  /** Where it is; what is called so in the toolbar and on the page is told apart by it. */
  in: 'toolbar' | 'page';
  /** Leads to the screen that has it, from any other. */
  come: () => Promise<void>;
  /** What is heard once it is done, and was not before. */
  done: (one: Heard) => boolean;
  /** It has no words beside it: whoever stays on it reads its name. */
  isSign?: true;
}

/** Heard with this name. */
const named = (name: string | RegExp) => (one: Heard) =>
  typeof name === 'string' ? one.name === name : name.test(one.name);

let stage: Stage;

test.before(async () => {
  stage = await Stage.start();
  await stage.speed(3000);
});

test.after(async () => {
  await stage?.[Symbol.asyncDispose]();
});

const tool = async (name: string) => {
  const { x, y } = await there({ name, in: 'toolbar' });
  await stage.desktop.click(x, y);
  await stage.desktop.moveTo(5, 500);
};

/** Nothing runs, all is safe, nothing is told, and the first screen is there. */
const home = async () => {
  const { desktop, screen } = stage;
  await stage.set({ ...CALM, Unfinished: '<@a(ssuu) []>' });
  await stage.rest();
  await tool('My Backup');
  await screen.find('All safe at school');
  await waitFor('no alert', async () => {
    const told = (await screen.all()).some(({ role }) => role === 'alert');
    if (told) await desktop.key('Escape');
    return !told;
  });
};
const days = async () => {
  await home();
  await tool('Days');
  await stage.screen.find('What the school keeps');
  await onARow();
};
const entries = async () => {
  await days();
  await stage.desktop.key('Down', 'Return');
  await stage.screen.find('Keep at school', { role: 'push button' });
  await onARow();
};
const entry = async () => {
  await entries();
  await stage.desktop.key('Return');
  await stage.screen.find('Versions at school');
};
const pins = async () => {
  await home();
  await tool('Pinned');
  await stage.screen.find('Unpin', { role: 'push button' });
  await onARow();
};
const whose = async () => {
  await home();
  await tool('Bring back');
  await stage.screen.find('Whose Journal?');
};
const when = async () => {
  await whose();
  await stage.screen.press(/, This laptop$/);
  await stage.screen.find('This day', { role: 'push button' });
};
const go = async () => {
  await when();
  await stage.screen.press('This day');
  await stage.screen.find(/things come back$/);
};
const restoring = async () => {
  await go();
  const { x, y } = await there({ name: 'Bring back', in: 'page' });
  await stage.desktop.click(x, y);
  await stage.screen.find('Cancel', { role: 'push button' });
};
const question = async () => {
  await restoring();
  await stage.desktop.key('Escape');
  await stage.screen.find('Stop bringing back?');
};
const due = async () => {
  await home();
  await stage.set({ ...CALM, ...STATES.due });
  await stage.screen.find('210 of 300 safe at school');
};
const waiting = async () => {
  await home();
  await stage.set({ ...CALM, ...STATES.battery });
  await stage.screen.find('Plug me in');
};
/** Screens whose rows are gone to with the arrows. */
const LISTS = [days, entries, pins];

const onItsWay = named('It is on its way.');

const GESTURES: Gesture[] = [
  { name: 'My Backup', in: 'toolbar', come: days, done: named('All safe at school'), isSign: true },
  { name: 'Back up now', in: 'toolbar', come: home, done: named('Cancel'), isSign: true },
  { name: 'Bring back', in: 'toolbar', come: home, done: named('Whose Journal?'), isSign: true },
  { name: 'Days', in: 'toolbar', come: home, done: named('What the school keeps'), isSign: true },
  { name: 'Pinned', in: 'toolbar', come: home, done: named('Unpin'), isSign: true },
  { name: 'Back', in: 'toolbar', come: days, done: named('All safe at school'), isSign: true },
  { name: DAY, in: 'page', come: days, done: named('Keep at school') },
  { name: /^Volc/, in: 'page', come: entries, done: named('Versions at school') },
  { name: 'Bring back', in: 'page', come: entries, done: onItsWay, isSign: true },
  { name: 'Pin', in: 'page', come: entries, done: named(/^Pinned:/), isSign: true },
  { name: 'Keep at school', in: 'page', come: entries, done: onItsWay, isSign: true },
  { name: 'Unpin', in: 'page', come: pins, done: named('Undo'), isSign: true },
  { name: 'Bring back', in: 'page', come: entry, done: onItsWay },
  { name: 'Keep at school', in: 'page', come: entry, done: onItsWay },
  { name: /, This laptop$/, in: 'page', come: whose, done: named('From which day?') },
  { name: 'Month before', in: 'page', come: when, done: canTurnBack, isSign: true },
  { name: 'This day', in: 'page', come: when, done: named(/things come back$/) },
  { name: 'Bring back', in: 'page', come: go, done: named('Cancel') },
  { name: 'Cancel', in: 'page', come: restoring, done: named('Stop bringing back?') },
  { name: 'Yes, stop', in: 'page', come: question, done: named(/^\d+ of 80 are here$/) },
  { name: 'Back up now', in: 'page', come: due, done: named('Cancel') },
  { name: 'Try now', in: 'page', come: waiting, done: named('Cancel') },
];

function canTurnBack({ name, sensitive }: Heard): boolean {
  return name === 'Month after' && sensitive;
}

/** The first thing that is pressed for this gesture. */
async function there({ name, in: place }: Pick<Gesture, 'name' | 'in'>): Promise<Heard> {
  return await waitFor(`${name} in the ${place}`, async () =>
    (await stage.screen.all()).find((one) => isIt(one, { name, in: place })),
  );
}

function isIt(one: Heard, { name, in: place }: Pick<Gesture, 'name' | 'in'>): boolean {
  const isThere = one.y < TOOLBAR === (place === 'toolbar');
  return isThere && PRESSED.includes(one.role) && one.sensitive && named(name)(one);
}

async function onARow(): Promise<void> {
  await waitFor('the keyboard on a row', async () =>
    (await stage.screen.all()).some(({ role, focused }) => role === 'list item' && focused),
  );
}

async function isDone({ done }: Gesture): Promise<boolean> {
  return (await stage.screen.all()).some(done);
}

async function byPointer(gesture: Gesture): Promise<void> {
  const { x, y, width, height } = await there(gesture);
  assert.ok(Math.min(width, height) >= LEAST_SIZE, `${gesture.name}: ${width} x ${height}`);
  // Rows have their signs at the end.
  await stage.desktop.click(width > ROW ? Math.round(x - width / 4) : x, y);
  await stage.desktop.moveTo(5, 500);
}

/** With Tab to it, in a list also down to other rows, or back to the toolbar; and Enter. */
async function byKeyboard(gesture: Gesture): Promise<void> {
  const { desktop, screen } = stage;
  const { come, in: place, name } = gesture;
  const inRows = ['Tab', 'Tab', 'Tab', 'Down'];
  const keys = place === 'toolbar' ? ['shift+Tab'] : LISTS.includes(come) ? inRows : ['Tab'];
  const trail: string[] = [];
  for (let press = 0; press < PRESSES; press += 1) {
    const focused = (await screen.all()).find((one) => one.focused && one.role !== 'frame');
    if (focused && isIt(focused, gesture)) return await desktop.key('Return');
    trail.push(focused?.name ?? '-');
    await desktop.key(keys[press % keys.length] ?? 'Tab');
  }
  throw new Error(`${keys.join(' ')} did not come by ${name}: ${trail.join(' | ')}`);
}

/** Its name is read, and it is not pressed. */
async function byStaying(gesture: Gesture): Promise<void> {
  const { desktop, screen } = stage;
  const { x, y } = await there(gesture);
  await desktop.must('xdotool', 'mousemove', String(x), String(y), 'mousedown', '1');
  const isLabel = (one: Heard) => one.role === 'label' && named(gesture.name)(one);
  await waitFor(`the name of ${gesture.name}`, async () => (await screen.all()).some(isLabel));
  await desktop.must('xdotool', 'mouseup', '1');
  assert.not(await isDone(gesture), `${gesture.name} was not pressed`);
  await desktop.key('Escape');
  await desktop.moveTo(5, 500);
  await waitFor('the palette to close', async () => !(await screen.all()).some(isLabel));
}

for (const gesture of GESTURES) {
  const { name, come, isSign } = gesture;
  test(`${name} on ${come.name}: by pointer, by keyboard${isSign ? ', and named on a long press' : ''}`, async () => {
    await come();
    assert.not(await isDone(gesture), 'it is not done before');
    if (isSign) {
      await byStaying(gesture);
      await come();
    }
    await byPointer(gesture);
    await waitFor(`${name} by pointer`, () => isDone(gesture));
    await come();
    await waitFor('what was done to be over', async () => !(await isDone(gesture)));
    await byKeyboard(gesture);
    await waitFor(`${name} by keyboard`, () => isDone(gesture));
  });
}

/** The ways to open a palette, at the pointer's place or with the keyboard on it. */
const OPENINGS: [way: string, open: (at: Heard) => Promise<void>][] = [
  ['the right button', ({ x, y }) => stage.desktop.click(x, y, 3)],
  ['the Menu key', () => stage.desktop.key('Menu')],
  [
    'a finger that stays on it',
    async ({ x, y }) => {
      const { desktop, screen } = stage;
      await desktop.must('xdotool', 'mousemove', String(x), String(y), 'mousedown', '1');
      await screen.find('Pause', { role: 'push button' });
      await desktop.must('xdotool', 'mouseup', '1');
    },
  ],
];

for (const [way, open] of OPENINGS) {
  test(`a palette opens by ${way}, has the keyboard, closes with Escape, and acts`, async () => {
    const { desktop, screen } = stage;
    await home();
    const gesture = { name: 'Back up now', in: 'toolbar' } as const;
    for (let press = 0; press < PRESSES; press += 1) {
      if ((await screen.all()).some((one) => one.focused && isIt(one, gesture))) break;
      await desktop.key('shift+Tab');
    }
    const tool = await there(gesture);
    await open(tool);
    await screen.find('Pause', { role: 'push button' });
    await desktop.key('Escape');
    await screen.gone('Pause');
    await desktop.moveTo(5, 500);
    await open(tool);
    await waitFor('the keyboard on its action', async () =>
      (await screen.all()).some(({ name, focused }) => name === 'Pause' && focused),
    );
    await desktop.key('Return');
    await screen.find('Paused');
    await desktop.moveTo(5, 500);
  });
}

test("View Source opens Sugar's viewer, and shows what the activity is written in", async () => {
  const { desktop } = stage;
  const shell = new ScreenReader(desktop, SHELL);
  await desktop.key('alt+shift+v');
  const folder = await shell.find('source');
  // Its row has the keyboard after a press, and is opened by it too.
  await desktop.click(folder.x, folder.y);
  const file = await shell.find('activity.ts');
  await desktop.click(file.x, file.y);
  await waitFor('the source', async () =>
    (await shell.all()).some(({ role, text }) => role === 'text' && text.startsWith('/**\n * The')),
  );
  await desktop.screenshot('view-source');
  await desktop.key('Escape');
  await shell.gone('source');
});

test.run();
