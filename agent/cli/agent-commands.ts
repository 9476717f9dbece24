/**
 * The commands that only the agent can do.
 */
import type { AgentClient } from './agent-client.ts';
import type { OptionValues } from './arguments.ts';
import { nameOf, type Outcome, outcomeOf } from './shared-commands.ts';

type Run = (agent: AgentClient, args: readonly string[], options: OptionValues) => Promise<Outcome>;

export const AGENT_COMMANDS = {
  pause: (agent) =>
    call(agent, 'Pause', 'paused: nothing is backed up or restored until "ds-backup resume"'),
  resume: (agent) => call(agent, 'Resume', 'resumed'),
  cancel: (agent) => call(agent, 'Cancel', 'cancelled; what was transferred is kept'),
  retry: async (agent) => outcomeOf(await agent.follow(await agent.start('Retry'))),
  'open-in-journal': async (agent, [snapshot = ''], { of = '' }) => {
    const [name] = await agent.call('OpenInJournal', of, nameOf(snapshot));
    const leftOut = await agent.leftOut();
    const text = `it is in the Journal, as "${name}"\n${notShown(leftOut, snapshot)}`;
    return { text, json: { name, leftOut } };
  },
  'close-in-journal': (agent) => call(agent, 'CloseInJournal', 'it is not in the Journal any more'),
  wake: async (agent) => {
    await agent.wake();
    return { text: '', json: {} };
  },
} as const satisfies Record<string, Run>;

/** What a day in the Journal does not show, in the order of the property `LeftOut`. */
const REASONS = ['without content', 'bundles', 'damaged', 'older than all that fit into memory'];

function notShown(leftOut: readonly number[], snapshot: string): string {
  const parts = REASONS.flatMap((reason, n) => (leftOut[n] ? [`${leftOut[n]} ${reason}`] : []));
  if (parts.length === 0) return '';
  return `not shown there: ${parts.join(', ')}; "ds-backup entries ${snapshot}" lists all\n`;
}

async function call(
  agent: AgentClient,
  method: 'Pause' | 'Resume' | 'Cancel' | 'CloseInJournal',
  text: string,
): Promise<Outcome> {
  await agent.call(method);
  return { text: `${text}\n`, json: {} };
}
