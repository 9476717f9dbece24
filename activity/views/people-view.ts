/** The choice of a Journal: a person in colors and a name for each laptop. */
import { type Box, Gtk, type Label } from '../gtk.ts';
import type { PeopleBody } from '../model/screens/body.ts';
import { PageView } from './page-view.ts';
import { horizontalBox, makeLabel, pictureImage, setBold, type Ui, verticalBox } from './ui.ts';

export class PeopleView {
  readonly widget: Box;
  readonly #ui: Ui;
  readonly #title: Label;
  readonly #people: Box;
  readonly #page: PageView;
  #shown = '';
  #body: PeopleBody | null = null;

  constructor(ui: Ui) {
    this.#ui = ui;
    const { zoom } = ui.look.sizes;
    this.widget = verticalBox(zoom(30));
    this.widget.setValign(Gtk.Align.CENTER);
    this.#title = makeLabel({ class: 'ds-large', centre: true });
    this.#people = horizontalBox(zoom(30));
    this.#people.setHalign(Gtk.Align.CENTER);
    this.#page = new PageView(ui);
    for (const part of [this.#title, this.#people, this.#page.widget])
      this.widget.packStart(part, false, false, 0);
  }

  show(body: PeopleBody, height: number): void {
    this.#body = body;
    this.#page.widget.setVisible(body.empty !== null);
    if (body.empty) this.#page.show(body.empty, height);
    this.#title.setText(body.title);
    this.#title.setVisible(body.empty === null);
    const shown = JSON.stringify(
      body.people.map(({ key, name, note, picture }) => [key, name, note, picture.svg]),
    );
    if (shown === this.#shown) return;
    this.#shown = shown;
    for (const old of this.#people.getChildren()) old.destroy();
    for (const [index] of body.people.entries())
      this.#people.packStart(this.#button(index), false, false, 0);
    this.#people.showAll();
    this.focus();
  }

  focus(): boolean {
    if (!this.#people.getMapped()) return this.#page.focus();
    const [first] = this.#people.getChildren();
    first?.grabFocus();
    return first !== undefined;
  }

  #button(index: number) {
    const person = this.#body?.people[index];
    const { look } = this.#ui;
    const button = new Gtk.Button();
    button.getStyleContext().addClass('ds-plain');
    button.on('clicked', () => {
      const event = this.#body?.people[index]?.event;
      if (event) this.#ui.dispatch(event);
    });
    if (!person) return button;
    const inside = verticalBox(look.sizes.padding);
    inside.setMarginStart(look.sizes.spacing * 2);
    inside.setMarginEnd(look.sizes.spacing * 2);
    const [name, note] = [
      makeLabel({ centre: true }),
      makeLabel({ centre: true, class: 'ds-quiet' }),
    ];
    setBold(name, person.name);
    note.setText(person.note);
    inside.packStart(pictureImage(look, person.picture, look.sizes.zoom(170)), false, false, 0);
    inside.packStart(name, false, false, 0);
    inside.packStart(note, false, false, 0);
    button.add(inside);
    button.getAccessible().setName(`${person.name}, ${person.note}`);
    return button;
  }
}
