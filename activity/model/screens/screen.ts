/** The whole screen for a state: toolbar, alert, canvas. Pure; `screenOf` is what views show. */
import type { Event } from '../state/event.ts';
import type { State } from '../state/state.ts';
import type { Body, Viewer } from './body.ts';
import { type AlertModel, alertOf } from './frame/alert.ts';
import { escapeOf } from './frame/escape.ts';
import { teacherLines } from './frame/teacher.ts';
import { type ToolbarModel, toolbarOf } from './frame/toolbar.ts';
import { daysBody } from './journal/days.ts';
import { entriesBody } from './journal/entries.ts';
import { entryBody } from './journal/entry.ts';
import { pinsBody } from './journal/pins.ts';
import { goBody } from './restore/go.ts';
import { restoringBody } from './restore/restoring.ts';
import { calendarBody } from './restore/when.ts';
import { whoseBody } from './restore/whose.ts';
import { statusBody } from './status/status.ts';
import { welcomeBody } from './welcome.ts';

export interface Screen {
  /** Changes when the child is somewhere else: the keyboard goes there. */
  place: string;
  toolbar: ToolbarModel;
  alert: AlertModel | null;
  /** For the teacher's palette: names and values. */
  teacher: [name: string, value: string][];
  body: Body;
  /** What Escape does. */
  escape: Event | null;
}

export function screenOf(state: State, viewer: Viewer): Screen {
  const toolbar = toolbarOf(state, viewer);
  const alert = alertOf(state, viewer);
  const body = bodyOf(state, viewer);
  return {
    ...{ toolbar, alert, body },
    place: JSON.stringify({ ...state.place, search: '', month: 0, chosen: '' }),
    teacher: teacherLines(state, viewer),
    escape: escapeOf({ alert, toolbar, body }, state.place.type === 'restoring'),
  };
}

function bodyOf(state: State, viewer: Viewer): Body {
  const { place } = state;
  switch (place.type) {
    case 'status':
      return statusBody(state, viewer);
    case 'welcome':
      return welcomeBody(viewer);
    case 'days':
      return daysBody(state, place, viewer);
    case 'entries':
      return entriesBody(state, place, viewer);
    case 'entry':
      return entryBody(state, place, viewer);
    case 'pins':
      return pinsBody(state, viewer);
    case 'whose':
      return whoseBody(state, viewer);
    case 'when':
      return calendarBody(state, place, viewer);
    case 'go':
      return goBody(state, place, viewer);
    case 'restoring':
      return restoringBody(state, place, viewer);
    default:
      return place satisfies never;
  }
}
