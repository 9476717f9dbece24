/** A link to the question that stands before an act; following it changes nothing. Nobody is shown what she may not do. */
import type { VNode } from 'preact';
import { ForKeeper } from '../../frame/teacher-frame.tsx';
import { type Act, askPath, isForKeeper } from './acts.ts';

export interface ActLinkProps {
  act: Act;
  label: string;
  /** Whom or what it is about, for screen readers: there are many links with the same label. */
  about?: string;
}

export function ActLink({ act, label, about }: ActLinkProps): VNode {
  const link = (
    <a class="button act" href={askPath(act)}>
      {label}
      {about === undefined ? null : <span class="unseen"> {about}</span>}
    </a>
  );
  if (!isForKeeper(act.name)) return link;
  return <ForKeeper.Consumer>{(isKeeper) => (isKeeper ? link : null)}</ForKeeper.Consumer>;
}
