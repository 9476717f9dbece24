/** `arrivals`: children who come from another school; to welcome them, to decline, and to take a yes back. */
import { localTime } from '../../../shared/words/local-time.ts';
import { formatBytes } from '../../../shared/words/quantity.ts';
import {
  type ArrivingChild,
  declineArrival,
  listArrivals,
  undoArrival,
} from '../../transfer/arrivals.ts';
import { welcome } from '../../transfer/welcome.ts';
import { findLaptop, laptopArgument } from '../arguments.ts';
import { answer, type Command, type CommandContext, usage } from '../command.ts';
import { columns, counted } from '../lines.ts';

export const arrivals: Command = {
  takes: ['[LAPTOP]', '[welcome|decline|undo]'],
  summary:
    'children who come from another school: list them, "welcome", "decline", or "undo" a yes',
  run: async (context) => {
    const [laptop, decision] = context.args;
    if (laptop === undefined) return list(context);
    if (decision === 'undo') return undo(context);
    const serial = findLaptop(laptop, listArrivals(context.library.paths));
    if (decision === 'welcome') return letIn(context, serial);
    if (decision === 'decline') return decline(context, serial);
    throw usage('give no arguments, or LAPTOP and one of: welcome, decline, undo');
  },
};

function list(context: CommandContext): void {
  const waiting = listArrivals(context.library.paths);
  answer(context, { arrivals: waiting }, () =>
    waiting.length === 0 ? ['nobody comes from another school'] : columns(waiting.map(cellsOf)),
  );
}

function cellsOf({ serial, nick, made, laptops, snapshots, bytes }: ArrivingChild): string[] {
  const many = laptops.length > 1 ? counted(laptops.length, 'laptop') : '';
  const size = formatBytes(bytes);
  return [serial, nick, `sent ${localTime(made)}`, counted(snapshots, 'snapshot'), size, many];
}

async function letIn(context: CommandContext, serial: ArrivingChild['serial']): Promise<void> {
  const { library, signal } = context;
  const laptops = await welcome(library, serial, signal);
  library.log.info('arrival-welcomed', { serial, laptops: laptops.length });
  library.audit.decided('welcomed', serial, { laptops: laptops.length });
  answer(context, { welcomed: laptops }, () => [
    `${laptops.join(', ')}: here, with all snapshots; its key is approved when the laptop asks`,
    `"xs-backup arrivals ${serial} undo" takes it back for 30 days`,
  ]);
}

async function decline(context: CommandContext, serial: ArrivingChild['serial']): Promise<void> {
  const { library } = context;
  await library.workQueue.run(() => declineArrival(library, serial));
  library.log.info('arrival-declined', { serial });
  library.audit.decided('declined', serial);
  answer(context, { declined: serial }, () => [
    `${serial}: not let in; "xs-backup undelete ${serial} arrival" lets it ask again for 30 days`,
  ]);
}

async function undo(context: CommandContext): Promise<void> {
  const { library } = context;
  const serial = laptopArgument(context);
  const gone = await library.workQueue.run(() => undoArrival(library, serial));
  library.log.info('arrival-undone', { serial, laptops: gone.length });
  library.audit.decided('moved-back', serial, { laptops: gone.length });
  answer(context, { undone: gone }, () =>
    gone.map((one) => `${one}: in the trash; "xs-backup undelete ${one} laptop" brings it back`),
  );
}
