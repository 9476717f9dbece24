/**
 * What the next cleanup would remove, and why: a dry run, by laptop.
 */
import type { VNode } from 'preact';
import type { Serial } from '../../../../shared/ids.ts';
import { size, type Words } from '../../../../shared/words/words.ts';
import type { Relief } from '../../../admin/relief.ts';
import type { LaptopReport } from '../../../chores/cleanup.ts';
import type { NextToGo } from '../../../chores/next-to-go.ts';
import { keepWords, removeWords } from '../../../retention/retention-words.ts';
import { dayName } from '../../frame/day-name.ts';
import type { Page } from '../../frame/frame.tsx';
import { laptopPath } from '../../frame/paths.ts';
import { TeacherFrame } from '../../frame/teacher-frame.tsx';
import { trashName } from '../shown/trash-name.ts';
import { FullDisk } from './full-disk.tsx';

/** Longer lists are cut. */
const MAX_LINES = 300;

export interface CleanupProps {
  page: Page;
  reports: readonly LaptopReport[];
  nameOf: (serial: Serial) => string;
  /** What leaves the trash by itself, in its order. */
  next: readonly NextToGo[];
  /** What else makes room, the largest first. */
  reliefs: readonly Relief[];
}

/** Laptops from which something would be removed, or whose plan failed. */
export function CleanupPage({ page, reports, nameOf, next, reliefs }: CleanupProps): VNode {
  const { words } = page;
  const { _, _n } = words;
  const removed = reports.reduce((sum, { plan }) => sum + (plan?.remove.length ?? 0), 0);
  const interesting = reports.filter(({ plan }) => !plan || plan.remove.length > 0 || plan.stuck);
  return (
    <TeacherFrame page={page} title={_('What makes room, and what goes next?')} place="disk">
      <p>
        {removed === 0
          ? _('Nothing.')
          : _n(
              '{n} backup would go to the trash.',
              '{n} backups would go to the trash.',
              removed,
            )}{' '}
        {_('It runs every day by itself. Nothing was changed now.')}{' '}
        {_('Days count only where they have surely passed, whatever the clock says.')}
      </p>
      <Next words={words} next={next} nameOf={nameOf} />
      <FullDisk words={words} found={reliefs} />
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

/** Items that are named; the rest is counted. */
const NAMED_ITEMS = 10;

function Next({ words, next, nameOf }: { words: Words } & Pick<CleanupProps, 'next' | 'nameOf'>) {
  const { _, _n } = words;
  if (next.length === 0) return null;
  const bytes = next.reduce((sum, one) => sum + one.bytes, 0);
  const rest = next.length - NAMED_ITEMS;
  return (
    <section class="card">
      <h2>{_('What leaves the trash next')}</h2>
      <p>
        {_n('{n} thing, at least {size}', '{n} things, at least {size}', next.length, {
          size: size(words, bytes),
        })}
      </p>
      <ul>
        {next.slice(0, NAMED_ITEMS).map(({ serial, name, title, bytes: freed, daysLeft }) => (
          <li key={`${serial} ${name}`}>
            <bdi>{nameOf(serial)}</bdi> · <bdi>{trashName(words, { name, title })}</bdi> ·{' '}
            {size(words, freed)} ·{' '}
            {daysLeft === 0 ? _('at the next cleanup') : _n('in {n} day', 'in {n} days', daysLeft)}
          </li>
        ))}
        {rest > 0 ? <li>{_n('and {n} more', 'and {n} more', rest)}</li> : null}
      </ul>
    </section>
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
