/** The table behind a picture: what it shows, for who cannot see it or wants the figures. */
import type { VNode } from 'preact';
import type { Words } from '../../../../shared/words/words.ts';

export interface TableBehindProps {
  words: Words;
  heads: readonly string[];
  /** The first cell of a row names it. */
  rows: readonly { key: string; cells: readonly (VNode | string)[] }[];
}

export function TableBehind({ words, heads, rows }: TableBehindProps): VNode {
  return (
    <details>
      <summary>{words._('As a table')}</summary>
      <table class="rows">
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells: [first, ...others] }) => (
            <tr key={key}>
              <th scope="row">{first}</th>
              {others.map((cell, n) => (
                <td key={heads[n + 1]} data-name={heads[n + 1]}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
