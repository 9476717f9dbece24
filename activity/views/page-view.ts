/** A page: pictures and a few words in the middle of the canvas, buttons below. */
import { type Box, Gtk, type Image, type Label, type Widget } from '../gtk.ts';
import type { Picture } from '../model/pictures/drawing.ts';
import type { PageBody, PreviewRef } from '../model/screens/body.ts';
import {
  ButtonBar,
  horizontalBox,
  makeLabel,
  pictureImage,
  setPicture,
  type Ui,
  verticalBox,
} from './ui.ts';

/** Shares of the canvas height for pictures: alone, beside samples, and for samples. */
const PICTURE_SHARE = 0.5;
const SHARE_BESIDE_SAMPLES = 0.34;
const SAMPLE_SHARE = 0.2;

export class PageView {
  readonly widget: Box;
  readonly #ui: Ui;
  readonly #pictures: Box;
  readonly #samples: Box;
  readonly #title: Label;
  readonly #text: Label;
  readonly #code: Label;
  readonly #buttons: ButtonBar;
  readonly #spinner = new Gtk.Spinner();
  #shownPictures = '';
  #shownSamples = '';
  #height = 0;

  constructor(ui: Ui) {
    this.#ui = ui;
    const { spacing, zoom } = ui.look.sizes;
    this.widget = verticalBox(spacing);
    this.widget.setValign(Gtk.Align.CENTER);
    this.widget.setHalign(Gtk.Align.CENTER);
    this.#pictures = horizontalBox(zoom(40));
    this.#samples = horizontalBox(spacing);
    this.#title = makeLabel({ class: 'ds-large', centre: true, lines: 2 });
    this.#text = makeLabel({ class: 'ds-quiet', centre: true, lines: 4 });
    this.#code = makeLabel({ class: 'ds-huge', centre: true });
    this.#buttons = new ButtonBar(ui);
    this.#buttons.widget.setMarginTop(spacing);
    this.#pictures.setHalign(Gtk.Align.CENTER);
    this.#samples.setHalign(Gtk.Align.CENTER);
    this.#spinner.setSizeRequest(zoom(33), zoom(33));
    this.#spinner.setNoShowAll(true);
    for (const part of [
      this.#pictures,
      this.#samples,
      this.#title,
      this.#text,
      this.#code,
      this.#spinner,
      this.#buttons.widget,
    ]) {
      this.widget.packStart(part, false, false, 0);
    }
  }

  /** `height` of the canvas in pixels. */
  show(body: PageBody, height: number): void {
    this.#showPictures(body, height);
    this.#showSamples(body.samples, height);
    setText(this.#title, body.title);
    setText(this.#text, body.text);
    setText(this.#code, body.code);
    this.#buttons.set(body.buttons);
    this.#spinner.setVisible(body.busy === true);
    this.#spinner.setProperty('active', (body.busy === true) as never);
  }

  focus(): boolean {
    return this.#buttons.focusMain();
  }

  #showPictures({ pictures, samples }: PageBody, height: number): void {
    const shown = JSON.stringify(pictures.map(({ svg, name }) => [svg, name]));
    if (shown === this.#shownPictures && height === this.#height) return;
    this.#shownPictures = shown;
    this.#height = height;
    for (const old of this.#pictures.getChildren()) old.destroy();
    const { zoom } = this.#ui.look.sizes;
    const room = height * (samples.length > 0 ? SHARE_BESIDE_SAMPLES : PICTURE_SHARE);
    for (const [index, picture] of pictures.entries()) {
      // The second picture says why, and is smaller.
      const wanted =
        index === 0 && picture.caption === undefined
          ? Math.min(zoom(picture.height * 1.1), room)
          : Math.min(zoom(picture.height * 1.25), room * 0.6);
      const image = pictureImage(this.#ui.look, picture, Math.floor(wanted));
      image.setValign(Gtk.Align.CENTER);
      this.#pictures.packStart(withCaption(image, picture), false, false, 0);
    }
    this.#pictures.showAll();
  }

  #showSamples(samples: readonly PreviewRef[], room: number): void {
    const shown = JSON.stringify([samples, room]);
    if (shown === this.#shownSamples) return;
    this.#shownSamples = shown;
    for (const old of this.#samples.getChildren()) old.destroy();
    const { zoom } = this.#ui.look.sizes;
    const height = Math.floor(Math.min(zoom(120), room * SAMPLE_SHARE));
    const width = Math.floor((height * 4) / 3);
    for (const sample of samples) {
      const image = new Gtk.Image();
      image.setSizeRequest(width, height);
      image.getStyleContext().addClass('ds-frame');
      const put = () => {
        if (this.#shownSamples !== shown) return;
        setPicture(image, this.#ui.previews.get(sample, width, height, put));
      };
      put();
      this.#samples.packStart(image, false, false, 0);
    }
    this.#samples.showAll();
  }
}

function withCaption(image: Image, { caption }: Picture): Widget {
  if (caption === undefined) return image;
  const both = verticalBox();
  const words = makeLabel({ centre: true, lines: 3 });
  words.setText(caption);
  words.setMaxWidthChars(18);
  both.packStart(image, false, false, 0);
  both.packStart(words, false, false, 0);
  return both;
}

function setText(label: Label, text: string): void {
  if (label.getText() !== text) label.setText(text);
  label.setVisible(text !== '');
  label.setNoShowAll(text === '');
}
