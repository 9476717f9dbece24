/**
 * `rebuild`: makes the index again from the disk, which is authoritative.
 */
import { answer, type Command } from './command.ts';

export const rebuild: Command = {
  summary: 'make the index again from the disk',
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
