/**
 * A list of facts: what is known by name, and the words for it.
 */
import type { VNode } from 'preact';

export interface Fact {
  name: string;
  text: string;
}

export function Facts({ facts, card = false }: { facts: readonly Fact[]; card?: boolean }): VNode {
  return (
    <dl class={card ? 'facts card' : 'facts'}>
      {facts.map(({ name, text }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
