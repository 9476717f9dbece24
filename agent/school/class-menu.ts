/**
 * "My class" in the Journal's "Copy to": Sugar asks its extension for each palette whether the item is there, and
 * that looks for a small file of ours with the item's words. It is there while the school says that this laptop
 * may offer to the class.
 */
import { rmSync } from 'node:fs';
import { writeFileIfChanged } from '../../shared/system/files.ts';
import type { Context } from '../context.ts';
import { childsWords } from '../words.ts';
import { ifWritable } from '../workplace.ts';

/** Writes or removes the file, if that changes anything. */
export function noteClassMenu(
  context: Pick<Context, 'paths' | 'env' | 'warn'>,
  isOn: boolean,
): void {
  const { classMenu } = context.paths;
  ifWritable(context, () => {
    if (!isOn) return rmSync(classMenu, { force: true });
    const { _ } = childsWords(context.env);
    const words = {
      item: [_('My class')],
      // Before the agent says anything, and when it does not.
      busy: [_('For my class'), _('It is on its way.')],
      silent: [_('The backup is not running'), _('Ask your teacher.')],
    };
    const text = `${JSON.stringify(words)}\n`;
    writeFileIfChanged(classMenu, text, 0o600);
  });
}
