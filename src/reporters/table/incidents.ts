/** Tables of errors, injected and in the trace: one row per error (`replay`), per strategy and error (`compare`). */
import type { StrategyResult } from '../../results/document.js';
import type { ReportContext } from '../reporter.js';
import { formatCount, formatNs, NO_VALUE } from './format.js';
import { type Column, drawTable, wrapText } from './layout.js';

type Incident = NonNullable<NonNullable<StrategyResult['errors']>['incidents']>[string];

interface Row {
  readonly strategy: string;
  readonly atc: string;
  readonly fault: string;
  readonly incident: Incident;
}

/** The errors of `results`; nothing if there are none. */
export function renderIncidents(results: readonly StrategyResult[], context: ReportContext): string {
  const happened = happenedIn(results);
  const table = happened.length === 0 ? '' : drawTable(columns(results, context), happened, context).text;
  return (
    table +
    incidentNotes(results)
      .map((note) => wrapText(note, context))
      .join('')
  );
}

/** The errors that happened as texts, for outputs that draw tables of their own. */
export function incidentTexts(results: readonly StrategyResult[], context: ReportContext) {
  const shown = columns(results, context);
  return {
    headings: shown.map(({ heading, align }) => ({ text: heading, align })),
    rows: happenedIn(results).map((row) => shown.map(({ cell }) => cell(row))),
  };
}

const happenedIn = (results: readonly StrategyResult[]): Row[] =>
  results.flatMap(rowsOf).filter(({ incident }) => HAPPENED.includes(incident.status));

const HAPPENED: readonly Incident['status'][] = ['injected', 'in-trace'];

const isSplitByAtc = (results: readonly StrategyResult[]): boolean =>
  results.some(({ strategy, atc }) => results.some((other) => other.strategy === strategy && other.atc !== atc));

/** Errors that did not come about: one line per error and reason, with the strategies that it holds for. */
export function incidentNotes(results: readonly StrategyResult[]): string[] {
  const rows = results.flatMap(rowsOf).filter(({ incident }) => !HAPPENED.includes(incident.status));
  const hasTargetings = isSplitByAtc(results);
  const paths = new Map<string, string[]>();
  for (const { strategy, atc, fault, incident } of rows) {
    const reason = incident.status === 'not-reached' ? 'not reached' : `not applicable: ${incident.reason}`;
    const key = JSON.stringify([fault, reason]);
    paths.set(key, [...(paths.get(key) ?? []), hasTargetings ? `${strategy} ${atc}` : strategy]);
  }
  return [...paths].map(([key, names]) => {
    const [fault, reason] = JSON.parse(key) as [string, string];
    return `${fault} on ${names.join(', ')}: ${reason}`;
  });
}

function rowsOf({ strategy, atc, errors }: StrategyResult): Row[] {
  return Object.entries(errors?.incidents ?? {}).map(([fault, incident]) => ({ strategy, atc, fault, incident }));
}

function columns(results: readonly StrategyResult[], context: ReportContext): Column<Row>[] {
  const hasStrategies = results.length > 1;
  const hasTargetings = isSplitByAtc(results);
  const text = (heading: string, drop: number, key: keyof Incident): Column<Row> => ({
    heading,
    align: 'left',
    drop,
    cell: ({ incident }) => String(incident[key]),
  });
  const count = (heading: string, drop: number, key: keyof Incident): Column<Row> => ({
    heading,
    align: 'right',
    drop,
    cell: ({ incident }) => (typeof incident[key] === 'number' ? formatCount(incident[key]) : NO_VALUE),
  });
  const time = (heading: string, drop: number, key: keyof Incident): Column<Row> => ({
    heading,
    align: 'right',
    drop,
    cell: ({ incident }) => formatNs(typeof incident[key] === 'number' ? incident[key] : null, context),
  });
  return [
    ...(hasStrategies
      ? [{ heading: 'strategy', align: 'left' as const, drop: 0, cell: ({ strategy }: Row) => strategy }]
      : []),
    ...(hasTargetings ? [{ heading: 'atc', align: 'left' as const, drop: 0, cell: ({ atc }: Row) => atc }] : []),
    { heading: 'error', align: 'left', drop: 0, cell: ({ fault }) => fault },
    count('times', 2, 'occurrences'),
    text('found by', 2, 'found_by'),
    text('guest learns', 0, 'guest_learns'),
    time('after', 0, 'learn_latency_ns'),
    text('CERROR', 3, 'cerror'),
    count('executed before', 1, 'executed_before'),
    count('lost', 0, 'lost_silently'),
    count('failed', 0, 'failed_known'),
    time('queue stopped', 1, 'queue_stopped_ns'),
  ];
}
