/**
 * Reads a V8 CPU profile as "where did the time go": every sample belongs to one of a few kinds of work.
 */

/** The part of a .cpuprofile file that is used here. Times are in microseconds. */
export interface CpuProfile {
  nodes: ProfileNode[];
  /** The node that was on top of the stack, a number per sample. */
  samples: number[];
  /** From one sample to the next. */
  timeDeltas: number[];
  /** On the clock of `process.hrtime`. */
  startTime: number;
}

export interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string };
  children?: number[];
}

export const KINDS = ['loading', 'collecting', 'system', 'engine', 'computing', 'idle'] as const;
/**
 * Reading, compiling and evaluating modules; collecting garbage; in a call of the file system or of a child
 * process; in V8 and Node outside JavaScript; in JavaScript; waiting.
 */
export type Kind = (typeof KINDS)[number];

export interface Shares {
  /** Milliseconds. */
  kinds: Record<Kind, number>;
  /** Where the program was while it waited, in milliseconds by the name of its phase. */
  idleIn: Map<string, number>;
  /** Functions by their own time, in milliseconds, the longest first; idle time left out. */
  functions: [string, number][];
}

/** From this moment on, in microseconds on the profile's clock, the program was in this phase. */
export interface Mark {
  at: number;
  phase: string;
}

const LOADING = /^node:internal\/(modules|bootstrap|main|process\/esm_loader)/;
const SYSTEM = /^node:(internal\/)?(fs|child_process)/;

/** Adds up the samples of a profile; `marks` in order of time. */
export function sumUp(profile: CpuProfile, marks: readonly Mark[] = []): Shares {
  const kindOf = classify(profile.nodes);
  const kinds = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  const idleIn = new Map<string, number>();
  const own = new Map<string, number>();
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  let now = profile.startTime;
  let mark = 0;
  for (const [index, id] of profile.samples.entries()) {
    // What was seen at this sample lasts until the next one.
    now += profile.timeDeltas[index] ?? 0;
    const ms = (profile.timeDeltas[index + 1] ?? 0) / 1000;
    while ((marks[mark]?.at ?? Number.POSITIVE_INFINITY) <= now) mark += 1;
    const kind = kindOf.get(id) ?? 'engine';
    kinds[kind] += ms;
    if (kind === 'idle') {
      const phase = marks[mark - 1]?.phase ?? 'start';
      idleIn.set(phase, (idleIn.get(phase) ?? 0) + ms);
    } else {
      const name = names.get(id) ?? '';
      own.set(name, (own.get(name) ?? 0) + ms);
    }
  }
  const functions = [...own].sort((a, b) => b[1] - a[1]);
  return { kinds, idleIn, functions };
}

/** A node's kind is that of its own frame, or else of those that called it. */
function classify(nodes: readonly ProfileNode[]): Map<number, Kind> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const kinds = new Map<number, Kind>();
  const [root] = nodes;
  const open: { node: ProfileNode; isLoading: boolean; isSystem: boolean }[] = [];
  if (root) open.push({ node: root, isLoading: false, isSystem: false });
  for (let top = open.pop(); top; top = open.pop()) {
    const { url } = top.node.callFrame;
    const isLoading = top.isLoading || LOADING.test(url);
    // A callback of ours is not a system call, even if the file system called it.
    const isSystem =
      url.startsWith('node:') || url === '' ? top.isSystem || SYSTEM.test(url) : false;
    kinds.set(top.node.id, kindOfFrame(top.node, isLoading, isSystem));
    for (const id of top.node.children ?? []) {
      const node = byId.get(id);
      if (node) open.push({ node, isLoading, isSystem });
    }
  }
  return kinds;
}

function kindOfFrame({ callFrame }: ProfileNode, isLoading: boolean, isSystem: boolean): Kind {
  const { functionName, url } = callFrame;
  if (functionName === '(idle)') return 'idle';
  if (functionName === '(garbage collector)') return 'collecting';
  if (functionName === '(program)' || functionName === '(root)') return 'engine';
  if (isLoading) return 'loading';
  if (isSystem) return 'system';
  return url === '' ? 'engine' : 'computing';
}

function nameOf({ functionName, url }: ProfileNode['callFrame']): string {
  const file = url.slice(url.lastIndexOf('/') + 1);
  return `${functionName || '(module)'}${file ? ` ${file}` : ''}`;
}
