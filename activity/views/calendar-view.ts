/** The calendar: a month with dots on the days that have a snapshot. */
import { type Box, type Button, Gtk, type Label } from '../gtk.ts';
import type { ButtonModel, CalendarBody, CalendarDay } from '../model/screens/body.ts';
import { escapeMarkup } from '../sugar/palette.ts';
import { PageView } from './page-view.ts';
import {
  ButtonBar,
  horizontalBox,
  makeLabel,
  makeSignButton,
  setBold,
  type Ui,
  verticalBox,
} from './ui.ts';

export class CalendarView {
  readonly widget: Box;
  readonly #ui: Ui;
  readonly #title: Label;
  readonly #month: Label;
  readonly #grid: InstanceType<typeof Gtk.Grid>;
  readonly #chosen: Label;
  readonly #text: Label;
  readonly #buttons: ButtonBar;
  readonly #page: PageView;
  readonly #calendar: Box;
  readonly #turns: {
    earlier: ReturnType<typeof makeSignButton>;
    later: ReturnType<typeof makeSignButton>;
  };
  #body: CalendarBody | null = null;
  #shown = '';

  constructor(ui: Ui) {
    this.#ui = ui;
    const { spacing, padding } = ui.look.sizes;
    this.widget = verticalBox();
    this.widget.setValign(Gtk.Align.CENTER);
    this.widget.setHalign(Gtk.Align.CENTER);
    this.#calendar = verticalBox(padding);
    this.#page = new PageView(ui);
    this.#title = makeLabel({ class: 'ds-large', centre: true });
    this.#month = makeLabel({ centre: true });
    this.#turns = { earlier: makeSignButton(ui), later: makeSignButton(ui) };
    this.#turns.earlier.button.on('clicked', () => this.#press(this.#body?.earlier));
    this.#turns.later.button.on('clicked', () => this.#press(this.#body?.later));
    const head = horizontalBox(spacing);
    head.packStart(this.#turns.earlier.button, false, false, 0);
    head.packStart(this.#month, true, true, 0);
    head.packStart(this.#turns.later.button, false, false, 0);
    this.#grid = new Gtk.Grid({ columnHomogeneous: true, rowSpacing: 0, columnSpacing: padding });
    this.#chosen = makeLabel({ centre: true });
    this.#text = makeLabel({ centre: true, class: 'ds-quiet' });
    this.#buttons = new ButtonBar(ui);
    this.#buttons.widget.setMarginTop(padding);
    for (const part of [
      this.#title,
      head,
      this.#grid,
      this.#chosen,
      this.#text,
      this.#buttons.widget,
    ]) {
      this.#calendar.packStart(part, false, false, 0);
    }
    this.widget.packStart(this.#calendar, false, false, 0);
    this.widget.packStart(this.#page.widget, false, false, 0);
  }

  show(body: CalendarBody, height: number): void {
    this.#body = body;
    this.#calendar.setVisible(body.empty === null);
    this.#page.widget.setVisible(body.empty !== null);
    if (body.empty) {
      this.#page.show(body.empty, height);
      return;
    }
    this.#title.setText(body.title);
    setBold(this.#month, body.month);
    this.#turns.earlier.set(body.earlier);
    this.#turns.later.set(body.later);
    setBold(this.#chosen, body.chosen?.title ?? '');
    this.#text.setText(body.chosen?.text ?? '');
    this.#buttons.set(body.buttons);
    const shown = JSON.stringify([body.month, body.weeks]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#fill(body);
  }

  focus(): boolean {
    return this.#calendar.getVisible() ? this.#buttons.focusMain() : this.#page.focus();
  }

  #fill({ weeks, weekdays }: CalendarBody): void {
    const hadFocus = this.#grid.getFocusChild() !== null;
    for (const old of this.#grid.getChildren()) old.destroy();
    // A grid reads out the latest child first: the last day is put in first.
    for (const [row, week] of [...weeks.entries()].reverse()) {
      for (const [column, day] of [...week.entries()].reverse()) {
        const cell = day ? this.#day(day) : new Gtk.Label();
        this.#grid.attach(cell, column, row + 1, 1, 1);
        if (hadFocus && day?.chosen) cell.grabFocus();
      }
    }
    for (const [column, name] of [...weekdays.entries()].reverse()) {
      const label = makeLabel({ centre: true, class: 'ds-quiet' });
      label.setText(name);
      this.#grid.attach(label, column, 0, 1, 1);
    }
    this.#grid.showAll();
  }

  #day(day: CalendarDay): Button {
    const { sizes } = this.#ui.look;
    const button = new Gtk.Button();
    const label = new Gtk.Label();
    const text = escapeMarkup(day.label);
    // A blank keeps rows without dots as high as the others.
    label.setMarkup(day.event ? `<b>${text}</b>\n<small>●</small>` : `${text}\n<small> </small>`);
    label.setJustify(Gtk.Justification.CENTER);
    button.add(label);
    button.getStyleContext().addClass('ds-plain');
    button.getStyleContext().addClass('ds-day');
    if (day.chosen) button.getStyleContext().addClass('ds-chosen');
    button.getAccessible().setName(day.name);
    button.setSizeRequest(sizes.zoom(70), sizes.zoom(56));
    button.setSensitive(day.event !== null);
    button.on('clicked', () => this.#press(day.event ? { event: day.event } : undefined));
    return button;
  }

  #press(model: Pick<ButtonModel, 'event'> | undefined): void {
    if (model) this.#ui.dispatch(model.event);
  }
}
