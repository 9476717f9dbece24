/**
 * Which Moodle signs children on: what a teacher fills in there, field by field, and the three words that are
 * needed here.
 */
import type { VNode } from 'preact';
import type { Words } from '../../../../shared/words/words.ts';
import type { ToolField } from '../../../moodle/tool-fields.ts';
import type { Page } from '../../frame/frame.tsx';
import { type Done, TeacherFrame } from '../../frame/teacher-frame.tsx';
import { ActLink } from '../acts/act-link.tsx';

export interface KnownMoodle {
  issuer: string;
  /** Seconds since 1970. */
  added: number;
  accounts: number;
}

export interface MoodleProps {
  page: Page;
  done?: Done | undefined;
  isOn: boolean;
  known: readonly KnownMoodle[];
  fields: readonly ToolField[];
}

export function MoodlePage({ page, done, isOn, known, fields }: MoodleProps): VNode {
  const { _ } = page.words;
  return (
    <TeacherFrame page={page} title="Moodle" place="status" done={done}>
      <p>
        {_(
          'A child who is signed in to Moodle finds her backup there, without signing in again. Once, she has to show that the laptop is hers.',
        )}
      </p>
      {isOn ? null : (
        <section class="card">
          <p>
            {_('This is switched off. To switch it on, add this to the settings in {file}:', {
              file: '\u2066/etc/xs-backup/config.toml\u2069',
            })}
          </p>
          <pre dir="ltr">
            <code>{'[moodle]\nenabled = true'}</code>
          </pre>
        </section>
      )}
      <Known words={page.words} known={known} />
      <Fields words={page.words} fields={fields} />
      {page.who?.keeper ? <AddForm words={page.words} /> : null}
    </TeacherFrame>
  );
}

function Known({ words, known }: { words: Words; known: readonly KnownMoodle[] }) {
  const { _, _n, date } = words;
  if (known.length === 0) return null;
  return (
    <section class="card">
      <h2>{_('It signs children on')}</h2>
      <ul class="rows">
        {known.map(({ issuer, added, accounts }) => (
          <li key={issuer}>
            <strong dir="ltr">{issuer}</strong> · {_('since {date}', { date: date(added) })} ·{' '}
            {_n('{n} child', '{n} children', accounts)}{' '}
            <ActLink
              act={{ name: 'moodle-forget', fields: { wwwroot: issuer } }}
              label={_('Forget')}
              about={issuer}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Moodle's labels are in English, as its form has them before a teacher chooses a language. */
function Fields({ words: { _ }, fields }: { words: Words; fields: readonly ToolField[] }) {
  return (
    <section class="card">
      <h2>{_('1. In Moodle')}</h2>
      <p>
        {_('As its administrator, open this page, and fill in these fields. Leave all others.')}
      </p>
      <p lang="en" dir="ltr">
        Site administration → Plugins → External tool → Manage tools → configure a tool manually
      </p>
      <dl class="moodle-fields" dir="ltr" lang="en">
        {fields.map(({ label, value, chosen }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{chosen ? value : <code>{value}</code>}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function AddForm({ words: { _ } }: { words: Words }) {
  const fields = [
    ['wwwroot', _('Address of Moodle'), 'http://box.lan/moodle', 300],
    ['client', 'Client ID', '', 255],
    ['deployment', 'Deployment ID', '', 255],
  ] as const;
  return (
    <section class="card">
      <h2>{_('2. Here')}</h2>
      <p>
        {_(
          'Save it in Moodle. The list symbol on the new tool shows what is asked here. Moodle must be running: its key is fetched now, and no other is believed later.',
        )}
      </p>
      <form method="get" action="/xs-backup/do">
        <input type="hidden" name="act" value="moodle-add" />
        {fields.map(([name, label, example, length]) => (
          <p key={name}>
            <label for={name}>{label}</label>
            <input
              {...{ id: name, name, dir: 'ltr', placeholder: example, maxLength: length }}
              autocomplete="off"
              required
            />
          </p>
        ))}
        <p>
          <button type="submit">{_('Let it sign children on')}</button>
        </p>
      </form>
    </section>
  );
}
