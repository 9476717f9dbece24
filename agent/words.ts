/** The child's words: what the agent says where no other program does, in the language of her session. */
import { fileURLToPath } from 'node:url';
import { findCatalogue, languagesOf } from '../shared/words/catalogue.ts';
import { wordsOf } from '../shared/words/language.ts';
import type { Words } from '../shared/words/words.ts';

/** English where there is no catalogue for her languages. */
export function childsWords(env: NodeJS.ProcessEnv): Words {
  const folder = fileURLToPath(new URL('./locale', import.meta.url));
  return wordsOf(findCatalogue(folder, 'ds-backup', languagesOf(env)));
}
