/** The CSS rules for what Sugar's own toolkit draws in Python, and for our views. Pure. */
import { COLORS, type Sizes } from './style.ts';

/** The CSS rules at these sizes. */
export function sugarCss({ zoom, line }: Sizes): string {
  return `
.ds-toolbar-box, .ds-toolbar-box toolbar { background: ${COLORS.toolbar}; color: ${COLORS.white}; }
.ds-keys .ds-toolbar-box button:focus { box-shadow: inset 0 0 0 ${line}px ${COLORS.white}; border-radius: ${zoom(10)}px; }
.ds-toolbar-box button.ds-open { background: ${COLORS.black}; border-radius: 0; }
.ds-toolbar-box entry { margin: 0; }
.ds-canvas { background: ${COLORS.white}; color: ${COLORS.black}; }
.ds-alert { background: ${COLORS.black}; color: ${COLORS.white}; }
popover.ds-palette { background: ${COLORS.black}; color: ${COLORS.white}; border: none;
  border-radius: 0; padding: 0; box-shadow: none; }
.ds-palette-item { background: transparent; border: none; border-radius: 0; color: ${COLORS.white};
  padding: ${zoom(12)}px ${zoom(15)}px; }
.ds-palette-item:hover, .ds-palette-item:focus { background: ${COLORS.mainButton}; }
.ds-palette-item:disabled { color: ${COLORS.button}; }
.ds-palette separator { background: ${COLORS.button}; min-height: ${line}px; }
.ds-row { background: ${COLORS.white}; border-bottom: 1px solid ${COLORS.textField}; }
.ds-row:focus, .ds-row.ds-on { background: ${COLORS.highlight}; box-shadow: inset 0 0 0 ${line}px ${COLORS.button}; }
.ds-plain { background: transparent; border: ${line}px solid transparent; border-radius: ${zoom(10)}px;
  padding: ${zoom(4)}px; color: ${COLORS.black}; }
.ds-plain:hover { background: ${COLORS.textField}; }
.ds-plain:focus { border-color: ${COLORS.button}; color: ${COLORS.black}; }
.ds-plain:active { background: ${COLORS.selection}; }
.ds-plain:disabled { opacity: 0.5; }
.ds-day:disabled, .ds-day:disabled label { opacity: 1; color: ${COLORS.noDay}; }
.ds-chosen, .ds-chosen:hover { background: ${COLORS.toolbar}; color: ${COLORS.white}; }
.ds-chosen:focus { border-color: ${COLORS.selection}; color: ${COLORS.white}; }
.ds-main, .ds-main:hover { background: ${COLORS.mainButton}; color: ${COLORS.white}; }
.ds-main { padding: ${zoom(9)}px ${zoom(30)}px; }
.ds-main:focus { box-shadow: 0 0 0 ${line}px ${COLORS.black}; }
.ds-frame { border: ${line}px solid ${COLORS.selection}; background: ${COLORS.white}; }
.ds-large { font-size: ${zoom(28)}px; }
.ds-huge { font-size: ${zoom(56)}px; font-weight: bold; letter-spacing: ${zoom(10)}px; }
.ds-quiet { color: ${COLORS.quiet}; }
`;
}
