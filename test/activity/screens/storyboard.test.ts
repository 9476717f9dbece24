/**
 * Every screen as it was looked at. A change of words, buttons or pictures shows here, line by line; when it is
 * meant, write `storyboard.txt` anew and read the difference: DS_BACKUP_RECORD=1 node --import tsx THIS_FILE
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CalendarDay } from '../../../activity/model/screens/body.ts';
import { screenOf } from '../../../activity/model/screens/screen.ts';
import { after, viewer } from '../viewer.ts';
import type { Scene } from './status-scenes.ts';
import { SCENES } from './storyboard.ts';

const test = suite('the storyboard');

const FILE = fileURLToPath(new URL('storyboard.txt', import.meta.url));
/** As many rows of a list as are written down. */
const ROWS = 3;
/** The same in every zone: dates as in Greenwich. */
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
const words = {
  ...viewer.words,
  date: (seconds: number) => iso(seconds).slice(0, 10),
  clock: (seconds: number) => iso(seconds).slice(11, 16),
};

/** One line for each word and sign on the screen: `path: value`. What is empty has none. */
function linesOf(value: unknown, path: string): string[] {
  if (value === null || value === undefined || value === '' || value === false) return [];
  if (typeof value === 'number' || typeof value === 'boolean') return [`${path}: ${value}`];
  if (typeof value === 'string') return [`${path}: ${value.replaceAll('\n', ' / ')}`];
  if (isPicture(value)) return [`${path}: picture ${sumOf(value.svg)} "${value.name}"`];
  // What happens is one thing, said in one line.
  if ('type' in Object(value) && /event$|open$|escape$/.test(path)) {
    return [`${path}: ${eventText(value)}`];
  }
  if (Array.isArray(value) && /weeks\.\d$/.test(path)) return [`${path}: ${weekText(value)}`];
  if (isButton(value)) return [`${path}: ${buttonText(value)}`];
  return Object.entries(value).flatMap(([key, one]) => linesOf(one, path ? `${path}.${key}` : key));
}

interface Button {
  icon: unknown;
  label: string;
  event: unknown;
}

function isButton(value: object): value is Button {
  return 'label' in value && 'event' in value && 'icon' in value;
}

/** `· 1 2 (3: Thursday → {"type":…})`: what leads somewhere or has more than its number is said. */
function weekText(days: readonly (CalendarDay | null)[]): string {
  const texts = days.map((one) => {
    if (!one) return '·';
    const { day, label, name, event, chosen } = one;
    const more = event
      ? `: ${label}, ${name}${chosen ? ', chosen' : ''} → ${eventText(event)}`
      : '';
    return more ? `(${day}${more})` : `${day}${chosen ? ' chosen' : ''}`;
  });
  return texts.join(' ');
}

/** A month by its name, since the moment in it depends on the zone. */
function eventText(event: unknown): string {
  return JSON.stringify(event, (key, value) =>
    key === 'month' && value > 0 ? iso(value).slice(0, 7) : value,
  );
}

/** `[Pause] own pause, sensitive → {"type":…}` */
function buttonText({ icon, label, event, ...more }: Button): string {
  const flags = Object.entries(more).flatMap(([key, one]) => (one ? [key] : []));
  const sign =
    typeof icon === 'string' ? [icon] : Object.entries(Object(icon)).map((one) => one.join(' '));
  return `[${label}] ${[...sign, ...flags].join(', ')} → ${eventText(event)}`;
}

function isPicture(value: unknown): value is { svg: string; name: string } {
  return typeof Object(value).svg === 'string';
}

function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** The toolbar and the teacher's palette of the first scene, which most scenes have as well. */
const FRAME = new Set(frameOf(SCENES[0] as Scene));

function frameOf([, ...events]: Scene): string[] {
  const { toolbar, teacher } = screenOf(after(...events).state, { ...viewer, words });
  return linesOf({ toolbar, teacher: Object.fromEntries(teacher) }, '');
}

function told(scene: Scene): string {
  const [name, ...events] = scene;
  const { state } = after(...events);
  const screen = screenOf(state, { ...viewer, words });
  const { body } = screen;
  const rows =
    body.type === 'list'
      ? { rows: Array.from({ length: Math.min(ROWS, body.count) }, (_, at) => body.row(at)) }
      : {};
  const { toolbar, teacher, ...more } = screen;
  const frame = frameOf(scene);
  const isFirst = scene === SCENES[0];
  return [
    `## ${name}`,
    ...linesOf({ ...more, body: { ...body, row: null, ...rows } }, ''),
    ...frame.filter((line) => isFirst || !FRAME.has(line)),
    ...[...FRAME].filter((line) => !frame.includes(line)).map((line) => `not ${line}`),
  ].join('\n');
}

if (process.env.DS_BACKUP_RECORD) {
  writeFileSync(FILE, `${SCENES.map(told).join('\n\n')}\n`);
}

const recorded = new Map(
  readFileSync(FILE, 'utf8')
    .trimEnd()
    .split('\n\n')
    .map((scene) => [scene.split('\n')[0]?.slice(3), scene]),
);

test('has each scene once, and no other', () => {
  const names = SCENES.map(([name]) => name);
  assert.is(new Set(names).size, names.length);
  assert.equal([...recorded.keys()], names);
});

for (const scene of SCENES) {
  test(scene[0], () => assert.fixture(told(scene), recorded.get(scene[0]) ?? ''));
}

test.run();
