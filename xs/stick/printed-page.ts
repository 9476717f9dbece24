/** The page for a wall and for whoever has the stick: what to type, in every language, as one file. */
import type { Words } from '../../shared/words/words.ts';
import { pageTexts } from './install-words.ts';

const STYLE = `body{font:16px/1.5 sans-serif;max-width:44em;margin:1em auto;padding:0 1em}
code{display:inline-block;font-size:1.1em;border:1px solid;padding:.1em .5em;margin:.2em 0}
li{margin:.5em 0}article{break-after:page}nav a{margin-inline-end:1em}
@media print{nav{display:none}}`;

/** `languages`: tag and words of each. */
export function printedPage(languages: readonly (readonly [string, Words])[]): string {
  const links = languages.map(([tag]) => `<a href="#${tag}">${tag}</a>`).join('');
  const parts = languages.map(([tag, words]) => article(tag, words)).join('\n');
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>ds-backup</title><style>${STYLE}</style><nav>${links}</nav>
${parts}
</html>
`;
}

function article(tag: string, words: Words): string {
  const { title, parts } = pageTexts(words);
  const lists = parts.map(({ heading, steps }) => {
    const items = steps.map(([what, command]) => {
      const typed = command === null ? '' : `<br><code dir="ltr">${escaped(command)}</code>`;
      return `<li>${escaped(what)}${typed}</li>`;
    });
    return `<h2>${escaped(heading)}</h2><ol>${items.join('')}</ol>`;
  });
  const direction = words.rightToLeft ? 'rtl' : 'ltr';
  return `<article id="${tag}" lang="${tag}" dir="${direction}"><h1>${escaped(title)}</h1>${lists.join('')}</article>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
