/**
 * `rebuild`: the index anew from the disk, which is the truth.
 */
import { answer, type Command } from './command.ts';

export const rebuild: Command = {
  synopsis: 'rebuild',
  summary: 'make the index anew from what lies on the disk',
  run: async (context) => {
    const { library } = context;
    const snapshots = await library.turns.run(() => library.store.rebuild());
    answer(context, { snapshots }, () => [`${snapshots} snapshots found`]);
  },
};
