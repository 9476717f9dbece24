/**
 * The disk as a bar with the table behind it: what backups take, what else is on it, what is free. Parts
 * differ by their pattern, not by colour.
 */
import type { VNode } from 'preact';
import { size, type Words } from '../../../../shared/words/words.ts';
import type { DiskParts } from '../../../admin/relief.ts';

const WIDTH = 600;
const HEIGHT = 44;

export function DiskBar({ words, parts }: { words: Words; parts: DiskParts }): VNode {
  const { _ } = words;
  const { backups, others, free, room } = parts;
  const total = Math.max(1, backups + others + free);
  const at = (bytes: number) => Math.round((Math.min(bytes, total) / total) * WIDTH);
  const [first, second] = [at(backups), at(backups + others)];
  const rows: [string, VNode | null, number][] = [
    [_('Backups of this school'), <Sample key="b" fill="#1a1a1a" />, backups],
    [_('Everything else on this disk'), <Sample key="o" fill="url(#others)" />, others],
    [_('Free'), <Sample key="f" fill="#ffffff" />, free],
    [_('Backups may use'), null, room],
  ];
  return (
    <section class="card">
      <svg
        xmlns="http://www.w3.org/2000/svg"
        class="bar disk-bar"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        width={WIDTH}
        height={HEIGHT}
        aria-hidden="true"
      >
        <Hatching />
        <rect width={WIDTH} height={HEIGHT} fill="#ffffff" />
        <rect width={first} height={HEIGHT} fill="#1a1a1a" />
        <rect x={first} width={second - first} height={HEIGHT} fill="url(#others)" />
        <path d={`M${at(room)} 0v${HEIGHT}`} stroke="#ffffff" stroke-width="7" />
        <path d={`M${at(room)} 0v${HEIGHT}`} stroke="#1a1a1a" stroke-width="3" />
        <rect
          x="1"
          y="1"
          width={WIDTH - 2}
          height={HEIGHT - 2}
          fill="none"
          stroke="#1a1a1a"
          stroke-width="2"
        />
      </svg>
      <table>
        <tbody>
          {rows.map(([name, sample, bytes]) => (
            <tr key={name}>
              <th scope="row">
                {sample} {name}
              </th>
              <td>{size(words, bytes)}</td>
              <td>
                {_('{percent} %', { percent: words.number(Math.round((bytes / total) * 100)) })}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Hatching() {
  return (
    <defs>
      <pattern id="others" width="8" height="8" patternUnits="userSpaceOnUse">
        <rect width="8" height="8" fill="#ffffff" />
        <path d="M0 8L8 0" stroke="#1a1a1a" stroke-width="2" />
      </pattern>
    </defs>
  );
}

function Sample({ fill }: { fill: string }) {
  return (
    <svg width="24" height="16" aria-hidden="true">
      <rect x="1" y="1" width="22" height="14" fill={fill} stroke="#1a1a1a" stroke-width="2" />
    </svg>
  );
}
