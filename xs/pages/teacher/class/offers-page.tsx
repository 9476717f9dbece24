/**
 * What children offer to the class: what waits for a yes or no, what is on the page, what was refused; and one
 * of them exactly as the class would see it, with both buttons.
 */
import type { VNode } from 'preact';
import type { Serial } from '../../../../shared/ids.ts';
import {
  type OfferState,
  OFFER_STATES as STATES,
} from '../../../../shared/protocol/offer-states.ts';
import { fileSize, type Words } from '../../../../shared/words/words.ts';
import type { ClassFile, ClassThing } from '../../../published/class-thing.ts';
import { ThingCard, titleOf, WholeThing } from '../../../published/thing-card.tsx';
import { FormToken, type Page } from '../../frame/frame.tsx';
import { Pager } from '../../frame/pager.tsx';
import { type Paged, withQuery } from '../../frame/paging.ts';
import { CLASS, laptopPath } from '../../frame/paths.ts';
import { type Done, PLACES, TeacherFrame } from '../../frame/teacher-frame.tsx';
import { ActLink } from '../acts/act-link.tsx';

/** One whose properties cannot be read: nobody sees it, and nobody could say what it is. */
export interface DamagedThing {
  id: string;
  of: { serial: Serial; name: string };
}

export interface OffersProps {
  page: Page;
  done: Done | undefined;
  on: boolean;
  /** Which are shown, and how many there are of each. */
  state: OfferState;
  counts: Readonly<Record<OfferState, number>>;
  things: readonly (ClassThing | DamagedThing)[];
  paged: Pick<Paged<unknown>, 'page' | 'pages'>;
  /** Laptops whose offers cannot be read. */
  damaged: readonly { serial: Serial; name: string }[];
}

export function OffersPage(props: OffersProps): VNode {
  const { page, done, on } = props;
  const { _ } = page.words;
  return (
    <TeacherFrame page={page} title={_('Class page')} place="offers" done={done}>
      <section class="card">
        <p>
          {on
            ? _('Children can show things to their class. Each waits here for your yes.')
            : _(
                'It is off. When it is on, children can show things to their class, and each waits here for your yes.',
              )}
        </p>
        <p class="acts">
          {on ? (
            <>
              <a class="button" href={CLASS}>
                {_('See the class page')}
              </a>{' '}
              <ActLink act={{ name: 'class-off', fields: {} }} label={_('Switch it off')} />
            </>
          ) : (
            <ActLink act={{ name: 'class-on', fields: {} }} label={_('Switch it on')} />
          )}
        </p>
      </section>
      {on ? <Offers {...props} /> : null}
    </TeacherFrame>
  );
}

function Offers({ page: { words }, state, counts, things, paged, damaged }: OffersProps) {
  const { _ } = words;
  return (
    <>
      {damaged.map(({ serial, name }) => (
        <p key={serial} class="alert">
          {_('What {name} offers cannot be read. The child can offer it again.', { name })}{' '}
          <ActLink act={{ name: 'class-clear', fields: { serial } }} label={_('Clear')} />
        </p>
      ))}
      <nav class="filter" aria-label={_('Only some')}>
        {STATES.map((one) => (
          <a
            key={one}
            class="tab"
            href={withQuery(PLACES.offers, { only: one === 'offered' ? '' : one })}
            aria-current={one === state ? 'page' : undefined}
          >
            {stateName(words, one)} {words.number(counts[one])}
          </a>
        ))}
      </nav>
      {things.length === 0 ? <p>{_('None.')}</p> : null}
      <ul class="entries">
        {things.map((thing) => (
          <li key={thing.id}>
            {'of' in thing ? (
              <DamagedCard {...{ words, thing, state }} />
            ) : (
              <ThingCard
                {...{
                  words,
                  thing,
                  href: `${PLACES.offers}/${thing.id}/`,
                  picture: pictureOf(thing),
                }}
              />
            )}
          </li>
        ))}
      </ul>
      <Pager
        words={words}
        paged={paged}
        href={(n) => withQuery(PLACES.offers, { only: state === 'offered' ? '' : state, page: n })}
        before={_('Newer')}
        after={_('Older')}
      />
    </>
  );
}

function DamagedCard(props: { words: Words; thing: DamagedThing; state: OfferState }): VNode {
  const { words, thing, state } = props;
  const { _ } = words;
  const label = state === 'approved' ? _('Take it off') : _('No');
  const act = { name: 'class-no', fields: { offer: thing.id } } as const;
  return (
    <div class="entry">
      <strong class="damaged">{_('Damaged')}</strong>
      <span>
        {_('It comes from this laptop:')} <LaptopLink of={thing.of} />
      </span>
      {state === 'refused' ? null : <ActLink act={act} label={label} />}
    </div>
  );
}

function LaptopLink({ of: { serial, name } }: Pick<DamagedThing, 'of'>): VNode {
  return (
    <a href={laptopPath(serial)}>
      <bdi>{name}</bdi> <bdi>{serial}</bdi>
    </a>
  );
}

export interface OfferProps {
  page: Page;
  thing: ClassThing;
  state: OfferState;
  /** Whose it is, as the school knows it: the name on the thing is only what the laptop says. */
  of: { serial: Serial; name: string };
  /** Null where it is damaged. */
  file: ClassFile | 'unclean' | 'damaged' | null;
}

export function OfferPage({ page, thing, state, of, file }: OfferProps): VNode {
  const { words, formToken } = page;
  const { _ } = words;
  const title = titleOf(words, thing);
  return (
    <TeacherFrame
      page={page}
      title={title}
      place="offers"
      trail={[{ name: _('Class page'), href: PLACES.offers }]}
    >
      <p>
        {_('It comes from this laptop:')} <LaptopLink of={of} />
      </p>
      <p>{_('This is what the class would see:')}</p>
      <section class="card">
        <WholeThing {...{ words, thing, picture: pictureOf(thing) }}>
          <FileGiven {...{ words, thing, file }} />
        </WholeThing>
      </section>
      <p>
        {stateName(words, state)}. {_('A yes is for exactly this; the child can take it back.')}
      </p>
      <form method="post" action="/xs-backup/do" class="acts">
        <FormToken token={formToken} />
        <input type="hidden" name="offer" value={thing.id} />
        {state === 'approved' ? null : (
          <button type="submit" name="act" value="class-yes">
            {_('Yes, show it')}
          </button>
        )}{' '}
        {state === 'refused' ? null : (
          <button type="submit" name="act" value="class-no" class="quiet">
            {state === 'approved' ? _('Take it off') : _('No')}
          </button>
        )}
      </form>
    </TeacherFrame>
  );
}

/** What a teacher has to know of the file before her yes. */
function FileGiven({ words, thing, file }: { words: Words } & Pick<OfferProps, 'thing' | 'file'>) {
  const { _ } = words;
  if (file === null) return <p>{_('It has no file.')}</p>;
  if (file === 'damaged') return <p>{_('Its file is damaged, and is not given out.')}</p>;
  if (file === 'unclean') {
    return (
      <p>
        {_(
          'Its file is a picture that may say where it was taken, and cannot be cleaned: it is not given out.',
        )}
      </p>
    );
  }
  return (
    <>
      <p>
        <a class="button" href={`${PLACES.offers}/${thing.id}/file`}>
          {_('Get it')}
        </a>{' '}
        {fileSize(words, file.size)}
      </p>
      <p>
        {file.cleaned
          ? _('The picture does not say where, when and with what it was taken.')
          : _(
              'The file is given as it is: it may hold names, places or comments that are not seen here. Open it first.',
            )}
      </p>
    </>
  );
}

function stateName({ _ }: Words, state: OfferState): string {
  switch (state) {
    case 'offered':
      return _('Waits for a yes');
    case 'approved':
      return _('On the class page');
    case 'refused':
      return _('Refused');
    default:
      return state satisfies never;
  }
}

function pictureOf({ id, hasPicture }: ClassThing): string {
  return hasPicture ? `${PLACES.offers}/${id}/picture` : '';
}
