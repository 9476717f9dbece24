/** `fs.watch` on a machine where others have used up what inotify has. */
import { watch } from 'node:fs';

export interface ScarceWatch {
  watch: typeof watch;
  /** There is some again. */
  give(): void;
}

export function scarceWatch(): ScarceWatch {
  let isUsedUp = true;
  const scarce = ((...args: Parameters<typeof watch>) => {
    if (!isUsedUp) return watch(...args);
    throw Object.assign(new Error('ENOSPC: no more watchers'), { code: 'ENOSPC', errno: -28 });
  }) as typeof watch;
  return {
    watch: scarce,
    give: () => {
      isUsedUp = false;
    },
  };
}
