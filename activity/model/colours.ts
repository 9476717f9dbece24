/**
 * The two colours of a person, and how they get into an SVG of Sugar's. They come from outside and
 * end up in markup, so only what has exactly their form is taken.
 */

/** `stroke,fill` as `#rrggbb,#rrggbb`. */
export interface XoColours {
  stroke: string;
  fill: string;
}

export const GREY: XoColours = { stroke: '#757575', fill: '#9D9FA1' };

/** A person's two colours out of the text that Sugar keeps; null when it is none. */
export function readColours(text: string): XoColours | null {
  const found = /^(#[0-9a-f]{6}),(#[0-9a-f]{6})$/i.exec(text.trim());
  return found?.[1] && found[2] ? { stroke: found[1], fill: found[2] } : null;
}

/** The SVG with its two entities set. */
export function colourSvg(svg: string, colours: XoColours): string {
  const set = (text: string, entity: string, value: string) =>
    text.replace(new RegExp(`<!ENTITY ${entity} [^>]*>`), `<!ENTITY ${entity} "${value}">`);
  return set(set(svg, 'stroke_color', colours.stroke), 'fill_color', colours.fill);
}
