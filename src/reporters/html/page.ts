/**
 * The page: built as a DOM by linkedom, which does all escaping, charts by Observable Plot, and the JSON document itself for
 * the script and for whoever wants the numbers back out of the page. Nothing is fetched: a content policy forbids it.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseHTML } from 'linkedom';
import { RESULT_SCHEMA, type ResultDocument, type StrategyResult } from '../../results/document.js';
import { UsageError } from '../../trace/errors.js';
import type { ReportDocument } from '../reporter.js';
import {
  amplificationBars,
  breakdownBars,
  type Chart,
  labelsOf,
  latencyCurves,
  missBars,
  missesOf,
  slowestBars,
} from './charts.js';
import { SCRIPT } from './script.js';
import { STYLE } from './style.js';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/** Columns of the main table: heading, JSON path below the result. */
const COLUMNS: readonly (readonly [string, (result: StrategyResult) => number | null])[] = [
  ['submissions', ({ latency }) => latency.submission.count],
  ['mean ns', ({ latency }) => latency.submission.mean_ns],
  ['p50 ns', ({ latency }) => latency.submission.p50_ns],
  ['p99 ns', ({ latency }) => latency.submission.p99_ns],
  ['max ns', ({ latency }) => latency.submission.max_ns],
  ['guest commands', ({ amplification }) => amplification.guest_commands],
  ['host commands', ({ amplification }) => amplification.host_commands],
  ['added SYNCs', ({ amplification }) => amplification.added_syncs],
  ['exits', ({ amplification }) => amplification.exits],
  ['ioctls', ({ amplification }) => amplification.ioctls],
  ['main TLB misses', ({ tlb }) => (tlb?.main as { misses?: number } | undefined)?.misses ?? null],
  ['stale after SYNC', ({ safety }) => safety?.stale_after_sync ?? null],
];

/**
 * The page of a result.
 * @throws UsageError for any other document
 */
export function renderPage(report: ReportDocument): string {
  if (report.schema !== RESULT_SCHEMA) {
    throw new UsageError(`--reporter html: expected the result of replay or compare, found ${report.schema}`);
  }
  return new Page(report).text();
}

class Page {
  private readonly document: Document = parseHTML(
    '<!doctype html><html lang="en"><head></head><body></body></html>',
  ).document;
  private readonly main: HTMLElement;

  constructor(private readonly report: ResultDocument) {
    this.head();
    this.main = this.append(this.document.body, 'main');
    this.introduction();
    this.table();
    this.charts();
    this.embed();
  }

  text(): string {
    return `${this.document.toString()}\n`;
  }

  private head(): void {
    const { head } = this.document;
    this.append(head, 'meta').setAttribute('charset', 'utf-8');
    this.meta('viewport', 'width=device-width, initial-scale=1');
    this.meta('color-scheme', 'light dark');
    const policy = this.append(head, 'meta');
    policy.setAttribute('http-equiv', 'Content-Security-Policy');
    policy.setAttribute('content', POLICY);
    // linkedom writes a title's text as it is, so nothing of a trace goes there.
    this.append(head, 'title', 'smmuscope report');
    this.append(head, 'style', `${asset('uplot/dist/uPlot.min.css')}\n${STYLE}`);
  }

  private introduction(): void {
    const { provenance } = this.report;
    this.append(this.main, 'h1', `Invalidations of ${this.traceNames()}`);
    const { tool, profile, pacing, dma } = provenance;
    const share = Math.round(Number(profile.estimate_share) * 100);
    this.append(
      this.main,
      'p',
      `${tool.name} ${tool.version}; profile ${profile.name}, ${share} % of the time rests on estimates; pacing ${pacing}, DMA ${dma}. All times are of the simulated hardware.`,
    );
  }

  private table(): void {
    const { results } = this.report;
    this.append(this.main, 'h2', 'Strategies');
    const scroll = this.append(this.main, 'div');
    scroll.className = 'scroll';
    scroll.tabIndex = 0;
    scroll.setAttribute('tabindex', '0');
    scroll.setAttribute('role', 'region');
    scroll.setAttribute('aria-label', 'Strategies, table');
    const table = this.append(scroll, 'table');
    table.className = 'sortable';
    this.append(table, 'caption', 'Press a heading to sort.');
    const header = this.append(this.append(table, 'thead'), 'tr');
    for (const heading of ['strategy', ...COLUMNS.map(([name]) => name)]) {
      const cell = this.append(header, 'th');
      cell.setAttribute('scope', 'col');
      this.append(cell, 'button', heading).setAttribute('type', 'button');
    }
    const body = this.append(table, 'tbody');
    const names = labelsOf(results);
    for (const [at, result] of results.entries()) {
      const row = this.append(body, 'tr');
      this.append(row, 'th', names[at]).setAttribute('scope', 'row');
      for (const [, of] of COLUMNS) {
        const value = of(result);
        const cell = this.append(row, 'td', value === null ? '–' : Math.round(value).toLocaleString('en'));
        cell.setAttribute('data-value', value === null ? '' : String(value));
      }
    }
    const status = this.append(this.main, 'p');
    status.id = 'sorted';
    status.setAttribute('role', 'status');
  }

  private charts(): void {
    const { document } = this;
    const { results } = this.report;
    const withSyncs = results.filter(({ latency }) => latency.submission.count > 0);
    if (withSyncs.length > 0) {
      this.append(this.main, 'h2', 'Submission latency');
      this.figure(
        latencyCurves(document, withSyncs),
        'PROD write until the guest sees its SYNC done; further left is faster. Steps are the histogram’s bucket ends.',
      );
      this.append(this.main, 'h2', 'Where the time goes');
      this.figure(breakdownBars(document, withSyncs), 'Mean time of a submission by stage.');
    }
    this.append(this.main, 'h2', 'Amplification');
    this.figure(
      amplificationBars(document, results),
      'Commands that the SMMU executes: the guest’s own, and those that the strategy adds.',
    );
    if (results.some((result) => Object.values(missesOf(result)).some((count) => count > 0))) {
      this.append(this.main, 'h2', 'TLB misses');
      this.figure(missBars(document, results), 'Misses of the main TLB by cause.');
    }
    this.overTime();
    for (const [at, result] of results.entries()) {
      if ((result.slowest_submissions ?? []).length === 0) continue;
      this.append(this.main, 'h2', `Slowest submissions: ${labelsOf(results)[at]}`);
      this.figure(slowestBars(document, result), 'Each from its PROD write on, its stages summed; the slowest first.');
    }
  }

  private overTime(): void {
    const names = labelsOf(this.report.results);
    for (const [at, { main_tlb_over_time: series }] of this.report.results.entries()) {
      if (
        series === undefined ||
        Object.values(series.misses_by_cause)
          .flat()
          .every((count) => count === 0)
      )
        continue;
      this.append(this.main, 'h2', `TLB misses over time: ${names[at]}`);
      const figure = this.append(this.main, 'figure');
      const place = this.append(figure, 'div');
      place.className = 'over-time';
      place.setAttribute('data-result', String(at));
      place.setAttribute('role', 'img');
      place.setAttribute('aria-label', `Misses of the main TLB by cause over trace time, ${names[at]}`);
      this.append(
        figure,
        'figcaption',
        `Misses of the main TLB per ${series.bin_ns / 1e6} ms of trace time. Drag to zoom, double-click to see all.`,
      );
    }
  }

  private figure(chart: Chart, caption: string): void {
    const figure = this.append(this.main, 'figure');
    // A chart of Plot is an image with a name of its own; its parts are of no use to a screen reader.
    const image = chart.tagName.toLowerCase() === 'svg' ? chart : (chart.querySelector('svg[aria-label]') ?? chart);
    image.setAttribute('role', 'img');
    for (const part of image.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
    figure.append(chart);
    this.append(figure, 'figcaption', caption);
  }

  /** The document as data, uPlot, and the script. */
  private embed(): void {
    const { body } = this.document;
    const data = this.append(body, 'script');
    data.setAttribute('type', 'application/json');
    data.id = 'result';
    // Within a script element, `<` must not begin a tag; JSON has its own spelling for it.
    data.textContent = JSON.stringify(this.report).replaceAll('<', '\\u003c');
    this.append(body, 'script').textContent = asset('uplot/dist/uPlot.iife.min.js');
    this.append(body, 'script').textContent = SCRIPT;
  }

  private traceNames(): string {
    return this.report.provenance.traces.map(({ file }) => file).join(', ');
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

/** Text of a file of a package that is put into the page. */
function asset(path: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(path), 'utf8');
}
