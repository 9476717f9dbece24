/** What else the server says "done" to, for power cuts: nothing in it is named for tests that kill. */
import { DAY_MS } from '../../shared/clock.ts';
import { listSnapshots } from '../../xs/storage/snapshots.ts';
import { act, liveThrough } from './acts.ts';
import { SERIAL, uidOf } from './library.ts';
import { SCENES, type Scene } from './scenes.ts';

const MORE: Omit<Scene, 'points'>[] = [
  {
    name: "a mirror of the original client's",
    prepare: (whole) => liveThrough(whole, 0, 3),
    act: () => ['mirror', '5'],
  },
  { name: 'registration', prepare: async () => {}, act: () => ['register'] },
  { name: "a teacher's approval", prepare: async () => {}, act: () => ['approve'] },
  {
    name: 'an alias',
    prepare: async (whole) => {
      await liveThrough(whole, 0, 2);
      await act(whole, 'register', []);
    },
    act: () => ['alias'],
  },
  {
    name: 'a laptop taken out of use',
    prepare: (whole) => liveThrough(whole, 0, 2),
    act: () => ['command', 'retire', SERIAL],
  },
  {
    name: 'a day that is kept',
    prepare: (whole) => liveThrough(whole, 0, 3),
    act: ({ library }) => {
      const [newest] = listSnapshots(library.paths, SERIAL);
      return ['command', 'pin', SERIAL, newest?.name ?? ''];
    },
  },
  {
    name: 'a backup of content that is kept here only',
    prepare: async (whole) => {
      await liveThrough(whole, 0, 3);
      const [newest] = listSnapshots(whole.library.paths, SERIAL);
      await act(whole, 'command', ['pin', SERIAL, newest?.name ?? '', uidOf(3)]);
      whole.clock.pass(DAY_MS);
    },
    act: () => ['keep', '2', uidOf(3)],
  },
  {
    name: 'held ones released',
    prepare: async (whole) => {
      await liveThrough(whole, 0, 4);
      whole.clock.pass(DAY_MS);
      await act(whole, 'reflash', []);
    },
    act: () => ['command', 'release', SERIAL],
  },
];

export const CUT_SCENES: Scene[] = [...SCENES, ...MORE.map((scene) => ({ ...scene, points: [] }))];
