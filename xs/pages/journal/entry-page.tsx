/**
 * One entry: picture, facts, downloads, other versions.
 */
import type { VNode } from 'preact';
import { fileSize, type Words } from '../../../shared/words/words.ts';
import type { EntryFacts } from '../../api/entry-facts.ts';
import { Crack } from '../frame/crack.tsx';
import type { Page } from '../frame/frame.tsx';
import { KindIcon, kindName } from '../frame/kinds.tsx';
import { dayPath, entryPath } from '../frame/paths.ts';
import { PinnedMark } from './entries-page.tsx';
import type { ShownSnapshot, Version } from './journal.ts';
import { JournalFrame, type JournalOf } from './journal-frame.tsx';

export interface EntryProps {
  page: Page;
  of: JournalOf;
  /** The day, as in the trail. */
  dayTitle: string;
  day: ShownSnapshot;
  shown: Version;
  description: string;
  tags: string;
  /** All of them, the newest first. */
  versions: readonly Version[];
  pinned: boolean;
  /** Null where no damage is known; else the newest version that is whole, if there is one. */
  damage: { whole: Version | undefined } | null;
  /** Whether this browser keeps downloads in the child's Journal. */
  intoJournal: boolean;
}

export function EntryPage(props: EntryProps): VNode {
  const { page, of, dayTitle, day, shown, pinned, intoJournal } = props;
  const { words } = page;
  const { _ } = words;
  const { facts, uid } = shown.listed;
  const href = entryPath(of.reader, day, uid);
  const trail = [{ name: dayTitle, href: dayPath(of.reader, day) }];
  if (!facts) {
    return (
      <JournalFrame page={page} of={of} title={titleElsewhere(props)} trail={trail}>
        <DamageNote {...props} />
        <Versions {...props} />
      </JournalFrame>
    );
  }
  return (
    <JournalFrame page={page} of={of} title={facts.title || _('Without a title')} trail={trail}>
      <DamageNote {...props} />
      <div class="one">
        <div class="picture">
          {facts.preview ? (
            <img src={`${href}picture`} alt={_('What it looked like')} />
          ) : (
            <KindIcon kind={facts.kind} />
          )}
        </div>
        <div>
          <Facts words={words} facts={facts} />
          {pinned ? <PinnedMark label={_('This is pinned')} /> : null}
          <Downloads {...{ words, href, intoJournal }} hasContent={facts.hasContent} />
        </div>
      </div>
      <Description {...props} />
      <Versions {...props} />
    </JournalFrame>
  );
}

/** That of another day, for what cannot be read itself. */
function titleElsewhere({ page: { words }, damage }: EntryProps): string {
  return damage?.whole?.listed.facts?.title || words._('Damaged');
}

/** Says that it is damaged, and leads to the day that has it whole. */
function DamageNote({ page, of, damage }: EntryProps) {
  if (damage === null) return null;
  const { words, who } = page;
  const { _ } = words;
  const { whole } = damage;
  if (!whole) {
    return (
      <p class="alert" role="alert">
        <Crack />{' '}
        {who?.teacher
          ? _(
              'This one is damaged, and no other day has it whole. If the laptop still has it, its next backup near the server brings it back.',
            )
          : _(
              'This one is damaged, and no other day has it whole. If your laptop still has it, its next backup at school brings it back. Tell your teacher.',
            )}
      </p>
    );
  }
  const when = `${words.date(whole.created)}, ${words.clock(whole.created)}`;
  return (
    <p class="alert" role="alert">
      <Crack /> {_('This one is damaged. Another day has it whole:')}{' '}
      <a href={entryPath(of.reader, whole, whole.listed.uid)}>{when}</a>
    </p>
  );
}

function Facts({ words, facts }: { words: Words; facts: EntryFacts }) {
  const { _ } = words;
  const time = (seconds: number) =>
    seconds > 0 ? `${words.date(seconds)}, ${words.clock(seconds)}` : _('Nobody knows');
  return (
    <dl>
      <dt>{_('Kind')}</dt>
      <dd>{kindName(words, facts.kind)}</dd>
      <dt>{_('Changed')}</dt>
      <dd>{time(facts.changed)}</dd>
      <dt>{_('Begun')}</dt>
      <dd>{time(facts.begun)}</dd>
      <dt>{_('Size')}</dt>
      <dd>{facts.hasContent ? fileSize(words, facts.contentBytes) : _('It has no file.')}</dd>
    </dl>
  );
}

interface DownloadsProps {
  words: Words;
  href: string;
  hasContent: boolean;
  intoJournal: boolean;
}

/** One button that is right for this browser; the other download is under "More". */
function Downloads({ words: { _ }, href, hasContent, intoJournal }: DownloadsProps) {
  const bundle = `${href}bundle`;
  const file = `${href}file`;
  if (intoJournal || !hasContent) {
    return (
      <div class="ways">
        <a class="button" href={bundle}>
          {intoJournal ? _('Bring it into my Journal') : _('Get it for a Journal')}
        </a>
        <p>{_('Open it in the Journal then: it comes back with its title, picture and dates.')}</p>
        {hasContent ? <More label={_('More')} href={file} text={_('Only the file')} /> : null}
      </div>
    );
  }
  return (
    <div class="ways">
      <a class="button" href={file}>
        {_('Get it')}
      </a>
      <More
        label={_('More')}
        href={bundle}
        text={_('With title, picture and dates, for a Journal')}
      />
    </div>
  );
}

function More({ label, href, text }: { label: string; href: string; text: string }) {
  return (
    <details>
      <summary>{label}</summary>
      <a class="button quiet" href={href}>
        {text}
      </a>
    </details>
  );
}

function Description({ page: { words }, description, tags }: EntryProps) {
  if (description === '' && tags === '') return null;
  return (
    <section class="card">
      <h2>{words._('About it')}</h2>
      {description === '' ? null : <p dir="auto">{description}</p>}
      {tags === '' ? null : <p dir="auto">{tags}</p>}
    </section>
  );
}

function Versions({ page: { words }, of: { reader }, shown, versions }: EntryProps) {
  if (versions.length < 2) return null;
  const { _ } = words;
  return (
    <section>
      <h2>{_('How it was on other days')}</h2>
      <ul class="versions">
        {versions.map((one) => {
          const when = `${words.date(one.created)}, ${words.clock(one.created)}`;
          const isHere = one.listed.digest === shown.listed.digest;
          return (
            <li key={one.listed.digest}>
              {isHere ? (
                <span aria-current="true">
                  {when} · {_('this one')}
                </span>
              ) : (
                <a href={entryPath(reader, one, one.listed.uid)}>
                  {when}
                  {one.owner.old ? ` · ${_('from the old laptop')}` : ''}
                </a>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
