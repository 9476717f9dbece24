/** A person's two colors: reading them as Sugar keeps them, and setting them in an icon. Pure. */

/** The two parts of Sugar's `#rrggbb,#rrggbb`. */
export interface XoColor {
  stroke: string;
  fill: string;
}

export const GREY: XoColor = { stroke: '#757575', fill: '#9D9FA1' };

/** A person's two colors out of the text that Sugar keeps; null when it is none. */
export function parseXoColor(text: string): XoColor | null {
  const found = /^(#[0-9a-f]{6}),(#[0-9a-f]{6})$/i.exec(text.trim());
  return found?.[1] && found[2] ? { stroke: found[1], fill: found[2] } : null;
}

/** Sets the SVG's `stroke_color` and `fill_color` entities. */
export function colorSvg(svg: string, color: XoColor): string {
  const set = (text: string, entity: string, value: string) =>
    text.replace(new RegExp(`<!ENTITY ${entity} [^>]*>`), `<!ENTITY ${entity} "${value}">`);
  return set(set(svg, 'stroke_color', color.stroke), 'fill_color', color.fill);
}
