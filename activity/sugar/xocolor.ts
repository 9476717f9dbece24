/** A person's two colors, and setting them in an icon. Pure. */

/** The two parts of Sugar's `#rrggbb,#rrggbb`. */
export interface XoColor {
  stroke: string;
  fill: string;
}

export const GREY: XoColor = { stroke: '#757575', fill: '#9D9FA1' };

/** Sets the SVG's `stroke_color` and `fill_color` entities. */
export function colorSvg(svg: string, color: XoColor): string {
  const set = (text: string, entity: string, value: string) =>
    text.replace(new RegExp(`<!ENTITY ${entity} [^>]*>`), `<!ENTITY ${entity} "${value}">`);
  return set(set(svg, 'stroke_color', color.stroke), 'fill_color', color.fill);
}
