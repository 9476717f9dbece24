/**
 * What the next cleanup would remove, and why: a dry run, by laptop.
 */
import type { VNode } from 'preact';
import type { Serial } from '../../../../shared/ids.ts';
import { size, type Words } from '../../../../shared/words/words.ts';
import type { LaptopReport } from '../../../chores/cleanup.ts';
import { keepWords, removeWords } from '../../../retention/retention-words.ts';
import { dayName } from '../../frame/day-name.ts';
import type { Page } from '../../frame/frame.tsx';
import { laptopPath } from '../../frame/paths.ts';
import { TeacherFrame } from '../../frame/teacher-frame.tsx';

/** Longer lists are cut. */
const MAX_LINES = 300;

export interface CleanupProps {
  page: Page;
  reports: readonly LaptopReport[];
  nameOf: (serial: Serial) => string;
}

/** Laptops from which something would be removed, or whose plan failed. */
export function CleanupPage({ page, reports, nameOf }: CleanupProps): VNode {
  const { words } = page;
  const { _, _n } = words;
  const removed = reports.reduce((sum, { plan }) => sum + (plan?.remove.length ?? 0), 0);
  const interesting = reports.filter(({ plan }) => !plan || plan.remove.length > 0 || plan.stuck);
  return (
    <TeacherFrame page={page} title={_('What would the next cleanup remove?')} place="disk">
      <p>
        {removed === 0
          ? _('Nothing.')
          : _n(
              '{n} backup would go to the trash.',
              '{n} backups would go to the trash.',
              removed,
            )}{' '}
        {_('It runs every day by itself. Nothing was changed now.')}
      </p>
      {interesting.slice(0, MAX_LINES).map((report) => (
        <section key={report.serial} class="card">
          <h2>
            <a href={laptopPath(report.serial)}>
              <bdi>{nameOf(report.serial)}</bdi>
            </a>
          </h2>
          <PlanLines words={words} report={report} />
        </section>
      ))}
    </TeacherFrame>
  );
}

function PlanLines({ words, report }: { words: Words; report: LaptopReport }) {
  const { _ } = words;
  const { plan, problem, quota } = report;
  if (!plan) {
    return (
      <p>
        {_('Left alone:')} <span lang="en">{problem}</span>
      </p>
    );
  }
  return (
    <>
      <p>
        {_('Afterwards: {used} of {share}', {
          used: size(words, plan.usedAfter.bytes),
          share: size(words, quota.bytes),
        })}
        {plan.stuck ? ` · ${_('too much, and nothing more to remove')}` : ''}
      </p>
      <ul>
        {plan.remove.map(({ name, reason }) => (
          <li key={name}>
            <strong>{_('Goes:')}</strong> {dayName(words, name)} ({removeWords(words, reason)})
          </li>
        ))}
        {plan.keep.map(({ name, reason }) => (
          <li key={name}>
            {_('Stays:')} {dayName(words, name)} ({keepWords(words, reason)})
          </li>
        ))}
      </ul>
    </>
  );
}
