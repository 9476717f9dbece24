/**
 * `rebuild`: the index anew from the disk, which is the truth.
 */
import { answer, type Command } from './command.ts';

export const rebuild: Command = {
  summary: 'make the index anew from what lies on the disk',
  run: async (context) => {
    const { library, progress } = context;
    const snapshots = await library.workQueue.run(() =>
      library.index.rebuild((serial, done, of) =>
        progress({ done, of, text: `laptops, ${serial}` }),
      ),
    );
    answer(context, { snapshots }, () => [`${snapshots} snapshots found`]);
  },
};
