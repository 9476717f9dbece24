/** A person's two colors as Sugar keeps them, `#rrggbb,#rrggbb`: outline and filling. Pure. */

export const COLORS = /^(#[0-9a-f]{6}),(#[0-9a-f]{6})$/i;

/** Both of them; null for any other text. */
export function parseColors(text: string): { stroke: string; fill: string } | null {
  const found = COLORS.exec(text.trim());
  return found?.[1] && found[2] ? { stroke: found[1], fill: found[2] } : null;
}
