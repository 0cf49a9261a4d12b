/**
 * The page around the sections: built as a DOM by linkedom, which does all escaping, with the JSON document itself for the
 * script and for whoever wants the numbers back out of the page. A content policy (policy.ts) lets its own scripts and styles
 * work, each by its hash, and nothing else: nothing is fetched, and nothing that a document may have smuggled in runs.
 *
 * Every chart is an image with a name, and has a table of its values, for screen readers and for exact numbers. A number in
 * a table has its exact value in `data-value`.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseHTML } from 'linkedom';
import { visibleJson } from '../../trace/visible.js';
import { WIDE as READABLE } from '../reporter.js';
import { formatNs } from '../table/format.js';
import type { Chart, Drawer } from './charts.js';
import { contentPolicy, liftStyles } from './policy.js';
import { SCRIPT } from './script.js';
import { STYLE } from './style.js';

/** All that runs in the page. */
const SCRIPTS = [asset('uplot/dist/uPlot.iife.min.js'), SCRIPT];

/** Widths of charts, px: over the whole page, on a telephone, and one of two side by side, which fits both. */
const WIDE = 1160;
const TELEPHONE = 350;
const HALF = 480;

/** Where a script draws. */
export interface ScriptPlace {
  readonly className: string;
  /** Index of the result that is drawn. */
  readonly at: number;
  /** One per curve. */
  readonly colours: readonly string[];
}

/** A cell: its text, or a number with the text that people read; null is shown as absent. */
export type Cell = string | { readonly value: number | null; readonly text?: string; readonly unit?: 'ns' };

/** A table; the first cell of each row names the row. */
export interface DataTable {
  /** What the table is of. */
  readonly label: string;
  readonly headings: readonly string[];
  /** Where each column's number is in a result of the document, if that is one path. */
  readonly paths?: readonly (string | undefined)[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A number as a cell, with thousands separators and no more digits than people read. */
export function numberCell(value: number | null | undefined): Cell {
  if (value === null || value === undefined) return { value: null };
  const text = Number.isInteger(value) || Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  return { value, text: text.toLocaleString('en', { maximumFractionDigits: 20 }) };
}

/** A duration as a cell: as people read it, the exact ns for sorting and for whoever points at it. */
export function timeCell(ns: number | null | undefined): Cell {
  if (ns === null || ns === undefined) return { value: null };
  return { value: ns, text: formatNs(ns, READABLE), unit: 'ns' };
}

/** A page under construction; sections are added from top to bottom. */
export class PageShell {
  readonly document: Document = parseHTML('<!doctype html><html lang="en"><head></head><body></body></html>').document;
  private readonly main: HTMLElement;
  private readonly contents: HTMLElement;
  private readonly policy: HTMLElement;
  private readonly sheet: HTMLElement;
  private sections = 0;
  private sortables = 0;

  constructor(title: string, introduction: string) {
    const { head } = this.document;
    this.append(head, 'meta').setAttribute('charset', 'utf-8');
    // Before all that it is about.
    this.policy = this.append(head, 'meta');
    this.policy.setAttribute('http-equiv', 'Content-Security-Policy');
    this.meta('viewport', 'width=device-width, initial-scale=1');
    this.meta('color-scheme', 'light dark');
    // linkedom writes a title's text as it is.
    this.append(head, 'title', `${escaped(title)} – smmuscope`);
    this.sheet = this.append(head, 'style', `${asset('uplot/dist/uPlot.min.css')}\n${STYLE}`);
    this.main = this.append(this.document.body, 'main');
    this.append(this.main, 'h1', title);
    this.append(this.main, 'p', introduction);
    const nav = this.append(this.main, 'nav');
    nav.setAttribute('aria-label', 'Sections');
    this.contents = this.append(nav, 'ul');
  }

  /** The page's text, with `document` in it. */
  text(document: unknown): string {
    this.embed(document);
    liftStyles(this.document);
    this.policy.setAttribute('content', contentPolicy(SCRIPTS, this.sheet.textContent));
    return `${this.document.toString()}\n`;
  }

  heading(text: string): void {
    const id = `section-${++this.sections}`;
    this.append(this.main, 'h2', text).id = id;
    this.append(this.append(this.contents, 'li'), 'a', text).setAttribute('href', `#${id}`);
  }

  /** Caveats of what stands above; nothing without any. */
  notes(texts: readonly string[]): void {
    if (texts.length > 0) this.list(texts.map((text) => `note: ${text}`));
  }

  /** Sentences as they are, one below the other. */
  list(texts: readonly string[]): void {
    const list = this.append(this.main, 'ul');
    list.className = 'notes';
    for (const text of texts) this.append(list, 'li', text);
  }

  /** Sentences that most readers pass over, under the name of what they are about. */
  folded(summary: string, texts: readonly string[]): void {
    const details = this.append(this.main, 'details');
    this.append(details, 'summary', summary);
    const list = this.append(details, 'ul');
    list.className = 'notes';
    for (const text of texts) this.append(list, 'li', text);
  }

  paragraph(text: string): void {
    this.append(this.main, 'p', text);
  }

  /** A table whose headings sort it. */
  sortableTable(table: DataTable): void {
    const element = this.table(this.main, table, true);
    element.className = 'sortable';
    const caption = this.append(element, 'caption', 'Press a heading to sort.');
    element.prepend(caption);
    const status = this.append(this.main, 'p');
    status.id = `sorted-${++this.sortables}`;
    status.className = 'sorted';
    status.setAttribute('role', 'status');
    element.setAttribute('data-status', status.id);
  }

  plainTable(table: DataTable): void {
    this.table(this.main, table, false);
  }

  /** A chart that needs no script, and its values. */
  figure(draw: Drawer, caption: string, values: DataTable): void {
    const figure = this.append(this.main, 'figure');
    this.charts(figure, draw, WIDE);
    this.append(figure, 'figcaption', caption);
    this.values(figure, values);
  }

  /** Small charts side by side, with one legend and the values of all. */
  multiples(
    legend: Chart,
    charts: readonly { readonly title: string; readonly chart: Drawer }[],
    caption: string,
    values: DataTable,
  ): void {
    const figure = this.append(this.main, 'figure');
    figure.append(legend);
    const grid = this.append(figure, 'div');
    grid.className = 'multiples';
    for (const { title, chart } of charts) {
      const one = this.append(grid, 'div');
      this.append(one, 'h3', title);
      this.chart(one, chart(HALF), 'small');
    }
    this.append(figure, 'figcaption', caption);
    this.values(figure, values);
  }

  /** A chart that the script draws. */
  scriptFigure({ className, at, colours }: ScriptPlace, label: string, caption: string, values: DataTable): void {
    const figure = this.append(this.main, 'figure');
    const place = this.append(figure, 'div');
    place.className = className;
    place.setAttribute('data-result', String(at));
    place.setAttribute('data-colours', colours.join(' '));
    place.setAttribute('role', 'img');
    place.setAttribute('tabindex', '0');
    place.setAttribute('aria-label', label);
    this.append(figure, 'figcaption', caption);
    this.values(figure, values);
  }

  /** A chart for a desk, and the same for a telephone: the style sheet shows the one that there is room for. */
  private charts(parent: HTMLElement, draw: Drawer, width: number): void {
    this.chart(parent, draw(width), 'wide');
    this.chart(parent, draw(TELEPHONE), 'narrow');
  }

  private chart(parent: HTMLElement, chart: Chart, size: 'wide' | 'narrow' | 'small'): void {
    // A chart of Plot is an image with a name of its own; its parts are of no use to a screen reader.
    const image = chart.tagName.toLowerCase() === 'svg' ? chart : (chart.querySelector('svg[aria-label]') ?? chart);
    image.setAttribute('role', 'img');
    for (const part of image.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
    roundCoordinates(image);
    const place = this.append(parent, 'div');
    place.className = `chart ${size}`;
    place.append(chart);
  }

  private values(figure: HTMLElement, table: DataTable): void {
    const details = this.append(figure, 'details');
    this.append(details, 'summary', `Values: ${table.label}`);
    this.table(details, table, false);
  }

  private table(
    parent: HTMLElement,
    { label, headings, paths = [], rows }: DataTable,
    isSortable: boolean,
  ): HTMLElement {
    const scroll = this.append(parent, 'div');
    scroll.className = 'scroll';
    scroll.setAttribute('tabindex', '0');
    scroll.setAttribute('role', 'region');
    scroll.setAttribute('aria-label', `${label}, table`);
    const table = this.append(scroll, 'table');
    const header = this.append(this.append(table, 'thead'), 'tr');
    for (const [column, heading] of headings.entries()) {
      const cell = this.append(header, 'th', isSortable ? undefined : heading);
      cell.setAttribute('scope', 'col');
      if (rows.length > 0 && typeof rows[0][column] === 'string') cell.className = 'text';
      const path = paths[column];
      if (path !== undefined) cell.setAttribute('data-path', path);
      if (isSortable) this.append(cell, 'button', heading).setAttribute('type', 'button');
    }
    const body = this.append(table, 'tbody');
    for (const [first, ...others] of rows) {
      const row = this.append(body, 'tr');
      this.cell(row, 'th', first).setAttribute('scope', 'row');
      for (const other of others) this.cell(row, 'td', other);
    }
    return table;
  }

  private cell(row: HTMLElement, tag: 'th' | 'td', cell: Cell): HTMLElement {
    if (typeof cell === 'string') {
      const element = this.append(row, tag, cell);
      element.className = 'text';
      return element;
    }
    const { value, text, unit } = cell;
    const element = this.append(row, tag, value === null ? '–' : (text ?? String(value)));
    element.setAttribute('data-value', value === null ? '' : String(value));
    if (unit !== undefined && value !== null)
      element.setAttribute('title', `${Math.round(value).toLocaleString('en')} ns`);
    return element;
  }

  /** The document as data, uPlot, and the script. */
  private embed(document: unknown): void {
    const { body } = this.document;
    const data = this.append(body, 'script');
    data.setAttribute('type', 'application/json');
    data.id = 'result';
    // Within a script element, `<` must not begin a tag; JSON has its own spelling for it.
    data.textContent = visibleJson(JSON.stringify(document)).replaceAll('<', '\\u003c');
    for (const script of SCRIPTS) this.append(body, 'script').textContent = script;
  }

  private meta(name: string, content: string): void {
    const meta = this.append(this.document.head, 'meta');
    meta.setAttribute('name', name);
    meta.setAttribute('content', content);
  }

  private append(parent: Element, tag: string, text?: string): HTMLElement {
    const element = this.document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  }
}

/** Attributes with coordinates in them. */
const COORDINATES = ['x', 'y', 'x1', 'x2', 'y1', 'y2', 'width', 'height', 'd', 'transform'];

/** Hundredths of a pixel are more than anybody sees, and a page is half of coordinates. */
function roundCoordinates(image: Element): void {
  for (const element of image.querySelectorAll('*')) {
    for (const name of COORDINATES) {
      const value = element.getAttribute(name);
      if (value?.includes('.'))
        element.setAttribute(
          name,
          value.replace(/\d+\.\d+/g, (one) => `${+Number(one).toFixed(2)}`),
        );
    }
  }
}

/** `text` as HTML spells it. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Text of a file of a package that is put into the page. */
function asset(path: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(path), 'utf8');
}
