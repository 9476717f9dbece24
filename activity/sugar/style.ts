/**
 * Sugar's sizes and colors, as in its own toolkit: those of the XO's screen times SUGAR_SCALING.
 */

export interface Sizes {
  /** Scales a length of the XO's screen. */
  zoom(units: number): number;
  spacing: number;
  padding: number;
  /** Height of a toolbar. */
  cell: number;
  line: number;
  smallIcon: number;
  icon: number;
  mediumIcon: number;
  largeIcon: number;
}

export const COLORS = {
  black: '#000000',
  white: '#FFFFFF',
  panel: '#C0C0C0',
  selection: '#A6A6A6',
  toolbar: '#282828',
  button: '#808080',
  inactiveFill: '#9D9FA1',
  inactiveStroke: '#757575',
  textField: '#E5E5E5',
  highlight: '#E7E7E7',
  // Not of Sugar: darker than its own greys, so that words can be read in sunlight.
  mainButton: '#666666',
  quiet: '#4A4A4A',
  noDay: '#6E6E6E',
} as const;

/** SUGAR_SCALING in percent; 100 if it is missing or unusable. */
export function readScaling(text: string | undefined): number {
  const scaling = Number(text ?? '100');
  return Number.isInteger(scaling) && scaling >= 20 && scaling <= 400 ? scaling : 100;
}

export function sizesFor(scaling: number): Sizes {
  const zoom = (units: number) => Math.trunc((units * scaling) / 100);
  return {
    zoom,
    spacing: zoom(15),
    padding: zoom(6),
    cell: zoom(75),
    line: zoom(2),
    smallIcon: zoom(33),
    icon: zoom(55),
    mediumIcon: zoom(82.5),
    largeIcon: zoom(110),
  };
}
