/**
 * What every widget of ours is drawn with: sizes at this zoom, icons, the child's colours; and the
 * rules that are added to Sugar's theme, for what its toolkit draws in Python.
 */
import type { XoColours } from '../model/colours.ts';
import type { Icons } from './icons.ts';
import { COLOURS, type Sizes } from './style.ts';

export interface Look {
  sizes: Sizes;
  icons: Icons;
  colours: XoColours;
  rightToLeft: boolean;
}

/** CSS for GTK, at this zoom. */
export function sugarCss({ zoom, line }: Sizes): string {
  return `
.ds-toolbar-box, .ds-toolbar-box toolbar { background: ${COLOURS.toolbar}; color: ${COLOURS.white}; }
.ds-keys .ds-toolbar-box button:focus { box-shadow: inset 0 0 0 ${line}px ${COLOURS.white}; border-radius: ${zoom(10)}px; }
.ds-toolbar-box entry { margin: 0; }
.ds-canvas { background: ${COLOURS.white}; color: ${COLOURS.black}; }
.ds-alert { background: ${COLOURS.black}; color: ${COLOURS.white}; }
popover.ds-palette { background: ${COLOURS.black}; color: ${COLOURS.white}; border: ${line}px solid ${COLOURS.button};
  border-radius: 0; padding: 0; box-shadow: none; }
.ds-palette-item { background: transparent; border: none; border-radius: 0; color: ${COLOURS.white};
  padding: ${zoom(12)}px ${zoom(15)}px; }
.ds-palette-item:hover, .ds-palette-item:focus { background: ${COLOURS.button}; }
.ds-palette-item:disabled { color: ${COLOURS.button}; }
.ds-palette separator { background: ${COLOURS.button}; min-height: ${line}px; }
.ds-row { background: ${COLOURS.white}; border-bottom: 1px solid ${COLOURS.textField}; }
.ds-row:focus, .ds-row.ds-on { background: ${COLOURS.highlight}; box-shadow: inset 0 0 0 ${line}px ${COLOURS.button}; }
.ds-plain { background: transparent; border: ${line}px solid transparent; border-radius: ${zoom(10)}px;
  padding: ${zoom(4)}px; color: ${COLOURS.black}; }
.ds-plain:hover { background: ${COLOURS.textField}; }
.ds-plain:focus { border-color: ${COLOURS.button}; color: ${COLOURS.black}; }
.ds-plain:active { background: ${COLOURS.selection}; }
.ds-plain:disabled { opacity: 0.5; }
.ds-day:disabled { opacity: 1; color: #6E6E6E; }
.ds-chosen, .ds-chosen:hover { background: ${COLOURS.toolbar}; color: ${COLOURS.white}; }
.ds-chosen:focus { border-color: ${COLOURS.selection}; color: ${COLOURS.white}; }
.ds-main { padding: ${zoom(9)}px ${zoom(30)}px; }
.ds-main:focus { box-shadow: 0 0 0 ${line}px ${COLOURS.black}; }
.ds-frame { border: ${line}px solid ${COLOURS.selection}; background: ${COLOURS.white}; }
.ds-large { font-size: ${zoom(28)}px; }
.ds-huge { font-size: ${zoom(56)}px; font-weight: bold; letter-spacing: ${zoom(10)}px; }
.ds-quiet { color: #5A5A5A; }
`;
}
