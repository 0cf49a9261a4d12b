/** Tables of injected faults: one row per fault (`replay`), per strategy and fault (`compare`). */
import type { StrategyResult } from '../../results/document.js';
import type { ReportContext } from '../reporter.js';
import { formatCount, formatNs, NO_VALUE } from './format.js';
import { type Column, drawTable, wrapText } from './layout.js';

interface Row {
  readonly strategy: string;
  readonly fault: string;
  readonly incident: Readonly<Record<string, unknown>>;
}

/** The faults of `results`; nothing if none were asked for. */
export function renderIncidents(results: readonly StrategyResult[], context: ReportContext): string {
  const rows = results.flatMap(rowsOf);
  if (rows.length === 0) return '';
  const happened = rows.filter(({ incident }) => incident.status === 'injected');
  const others = rows.filter(({ incident }) => incident.status !== 'injected');
  const table = happened.length === 0 ? '' : drawTable(columns(results.length > 1, context), happened, context).text;
  const notes = others.map(({ strategy, fault, incident }) => {
    const reason = incident.status === 'not-reached' ? 'not reached' : `not applicable: ${String(incident.reason)}`;
    return wrapText(`${fault} on ${strategy}: ${reason}`, context);
  });
  return table + notes.join('');
}

function rowsOf({ strategy, errors }: StrategyResult): Row[] {
  const { incidents } = (errors ?? {}) as { incidents?: Readonly<Record<string, Row['incident']>> };
  return Object.entries(incidents ?? {}).map(([fault, incident]) => ({ strategy, fault, incident }));
}

function columns(hasStrategies: boolean, context: ReportContext): Column<Row>[] {
  const text = (heading: string, drop: number, key: string): Column<Row> => ({
    heading,
    align: 'left',
    drop,
    cell: ({ incident }) => String(incident[key]),
  });
  const count = (heading: string, drop: number, key: string): Column<Row> => ({
    heading,
    align: 'right',
    drop,
    cell: ({ incident }) => (typeof incident[key] === 'number' ? formatCount(incident[key]) : NO_VALUE),
  });
  const time = (heading: string, drop: number, key: string): Column<Row> => ({
    heading,
    align: 'right',
    drop,
    cell: ({ incident }) => formatNs(typeof incident[key] === 'number' ? incident[key] : null, context),
  });
  return [
    ...(hasStrategies
      ? [{ heading: 'strategy', align: 'left' as const, drop: 0, cell: ({ strategy }: Row) => strategy }]
      : []),
    { heading: 'fault', align: 'left', drop: 0, cell: ({ fault }) => fault },
    text('found by', 2, 'found_by'),
    text('guest learns', 0, 'guest_learns'),
    time('after', 0, 'learn_latency_ns'),
    text('error', 3, 'cerror'),
    count('executed before', 1, 'executed_before'),
    count('lost', 0, 'lost_silently'),
    count('failed', 0, 'failed_known'),
    time('queue stopped', 1, 'queue_stopped_ns'),
  ];
}
