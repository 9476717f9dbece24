/**
 * Stands in for xml2js in the activity, a third of whose program it would be, and in the agent: dbus-next
 * needs it to describe our own objects to whoever asks (Sugar's shell does), and to read descriptions of
 * others', which nothing of ours does.
 */

type Attributes = Record<string, string>;
interface Element {
  $?: Attributes;
  [child: string]: Element | readonly Element[] | Attributes | undefined;
}

/** Writes elements as dbus-next has them: `{node: {$: {name}, interface: [{…}]}}`. */
export class Builder {
  buildObject(elements: Record<string, Element>): string {
    return Object.entries(elements)
      .map(([name, element]) => write(name, element))
      .join('');
  }
}

export class Parser {
  parseString(): never {
    throw new Error('reading XML is not part of this build');
  }
}

function write(name: string, { $ = {}, ...children }: Element): string {
  const attributes = Object.entries($).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  const inside = Object.entries(children).flatMap(([child, elements]) =>
    [elements ?? []].flat().map((element) => write(child, element as Element)),
  );
  return `<${name}${attributes.join('')}>${inside.join('')}</${name}>`;
}

const MARKS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<"]/g, (mark) => MARKS[mark] ?? mark);
}
