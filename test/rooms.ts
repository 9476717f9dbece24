/**
 * The rooms of each program, and the directions of imports between them, as one table.
 *
 * A room is a folder of a program, or a single file. The rooms of a program are listed in order: each
 * may import only rooms that stand before it, so a circle between rooms cannot be written down.
 * `import type` counts: a type is a dependency too.
 */

/** Room → the rooms it may import, in an order in which each names only earlier ones. */
export type Rooms = Readonly<Record<string, readonly string[]>>;

/** The room of the files at a program's root that have no row of their own. */
const ROOT = '(root)';

/** Each room may import all that stand before it. */
function inOrder(...names: string[]): Rooms {
  return Object.fromEntries(names.map((name, index) => [name, names.slice(0, index)]));
}

/** What the activity shows, decided without a display. */
const MODEL = ['model/pictures', 'model/state', 'model/acts', 'model/screens'];

export const ROOMS: Readonly<Record<string, Rooms>> = {
  shared: {
    [ROOT]: [],
    system: [ROOT],
    journal: [ROOT, 'system'],
    ssh: [ROOT, 'system'],
    protocol: [ROOT, 'system', 'journal', 'ssh'],
    words: [ROOT, 'system', 'journal'],
  },
  agent: {
    [ROOT]: [],
    journal: [ROOT],
    wire: [ROOT],
    identity: [ROOT, 'wire'],
    school: [ROOT, 'wire', 'identity'],
    backup: [ROOT, 'journal', 'wire', 'identity', 'school'],
    restore: [ROOT, 'journal', 'wire', 'school'],
    keep: [ROOT, 'journal', 'wire', 'identity', 'school', 'backup', 'restore'],
    browse: [ROOT, 'journal', 'wire', 'identity', 'school', 'restore'],
    bring: [ROOT, 'journal', 'restore'],
    volume: [ROOT, 'journal', 'wire', 'school', 'restore', 'keep'],
    rules: [ROOT],
    worker: [ROOT, 'wire', 'school', 'backup', 'restore', 'keep', 'browse', 'volume', 'rules'],
    service: [ROOT, 'rules', 'volume', 'worker'],
    watch: [ROOT, 'rules'],
    bus: [ROOT, 'journal', 'rules', 'service', 'watch'],
    cli: [
      ...[ROOT, 'journal', 'wire', 'identity', 'school', 'backup', 'restore', 'keep', 'browse'],
      ...['bring', 'volume', 'worker', 'bus'],
    ],
    main: [ROOT, 'worker', 'bus', 'cli'],
  },
  xs: inOrder(
    'setting-list',
    'setting-values',
    'setting-groups',
    'config',
    'stall-guard',
    'ground',
    'storage',
    'class-page',
    'integrity',
    'registration',
    'moodle',
    'retention',
    'codes',
    'pins',
    'legacy',
    'ingest',
    'library',
    'offsite',
    'transfer',
    'traffic',
    'ssh',
    'https',
    'chores',
    'admin',
    'stick',
    'api',
    'takeaway',
    'pages/frame',
    'published',
    'commands',
    'pages/guard',
    'pages/sign-in',
    'pages/moodle',
    'pages/install',
    'pages/journal',
    'pages/class',
    'pages/teacher/shown',
    'pages/teacher/acts',
    'pages/teacher/laptops',
    'pages/teacher/class',
    'pages/teacher/school',
    'pages/teacher/disk',
    'pages/teacher',
    'pages',
    'service',
    'cli',
    'main',
  ),
  activity: {
    // Pure: the child's two colours, which the model's screens are drawn with.
    'sugar/xocolor': [],
    'model/pictures': ['sugar/xocolor'],
    'model/state': [],
    'model/acts': ['model/state'],
    'model/screens': ['sugar/xocolor', 'model/pictures', 'model/state'],
    gtk: [],
    sugar: ['sugar/xocolor', 'gtk'],
    config: ['sugar', 'sugar/xocolor'],
    client: MODEL,
    asker: ['client', ...MODEL],
    browser: [],
    views: ['gtk', 'sugar', 'sugar/xocolor', ...MODEL],
    activity: ['gtk', 'sugar', 'sugar/xocolor', 'config', 'client', 'asker', 'views', ...MODEL],
    main: ['gtk', 'sugar', 'config', 'client', 'asker', 'browser', 'views', 'activity', ...MODEL],
  },
};

/** `xs/api/app.ts` → `api`; undefined for a file that has no room. */
export function roomOf(path: string): string | undefined {
  const [program = '', ...parts] = path.replace(/\.tsx?$/, '').split('/');
  const rooms = ROOMS[program];
  if (!rooms) return undefined;
  // The longest name counts: `sugar/xocolor` is no part of `sugar`.
  for (let length = parts.length; length > 0; length -= 1) {
    const name = parts.slice(0, length).join('/');
    if (name in rooms) return name;
  }
  return parts.length === 1 && ROOT in rooms ? ROOT : undefined;
}

/** What is wrong with `path` importing `target`, both of the same program; null if nothing is. */
export function wrongDirection(path: string, target: string): string | null {
  const [program = ''] = path.split('/');
  const [room, other] = [roomOf(path), roomOf(target)];
  if (room === undefined || other === undefined || room === other) return null;
  if (ROOMS[program]?.[room]?.includes(other)) return null;
  return `the room ${program}/${room} must not know ${program}/${other}`;
}

/** Groups of files that import each other, directly or around several corners; each sorted. */
export function circles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  // Tarjan: whatever can be reached from a file and leads back to it is one circle with it.
  const visit = (file: string) => {
    const own = order.size;
    order.set(file, own);
    lowest.set(file, own);
    const from = open.push(file) - 1;
    for (const target of imports.get(file) ?? []) {
      if (!imports.has(target)) continue;
      if (!order.has(target)) visit(target);
      if (open.includes(target)) {
        lowest.set(file, Math.min(lowest.get(file) ?? own, lowest.get(target) ?? own));
      }
    }
    if (lowest.get(file) !== own) return;
    const circle = open.splice(from);
    if (circle.length > 1 || imports.get(file)?.includes(file)) found.push(circle.sort());
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return found;
}
