/** A link to the question that stands before an act; following it changes nothing. */
import type { VNode } from 'preact';
import { type Act, askPath } from './acts.ts';

export interface ActLinkProps {
  act: Act;
  label: string;
  /** Whom or what it is about, for screen readers: there are many links with the same label. */
  about?: string;
}

export function ActLink({ act, label, about }: ActLinkProps): VNode {
  return (
    <a class="button act" href={askPath(act)}>
      {label}
      {about === undefined ? null : <span class="unseen"> {about}</span>}
    </a>
  );
}
