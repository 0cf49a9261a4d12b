/** docs/metrics.md: the dictionary of metrics, and the columns of tables, generated from their declarations. */
import type { PhrasingContent, TableRow } from 'mdast';
import { gfmTableToMarkdown } from 'mdast-util-gfm-table';
import { toMarkdown } from 'mdast-util-to-markdown';
import { COLUMNS } from '../columns/registry.js';
import { type MetricEntry, metricDictionary } from '../results/declaration/dictionary.js';

const BETTER = { lower: 'less', higher: 'more', neutral: '–' } as const;

/** The page as text. */
export function metricsPage(): string {
  const code = (value: string): PhrasingContent => ({ type: 'inlineCode', value });
  const text = (value: string): PhrasingContent => ({ type: 'text', value });
  const row = (cells: readonly PhrasingContent[]): TableRow => ({
    type: 'tableRow',
    children: cells.map((cell) => ({ type: 'tableCell', children: [cell] })),
  });
  const header = row(['metric', 'unit', 'better', 'meaning'].map(text));
  const rows = folded(metricDictionary()).map(({ path, units, direction, meaning }) =>
    row([code(path), text(units), text(BETTER[direction]), text(meaning)]),
  );
  const columns = COLUMNS.map(({ name, heading, path, meaning }) =>
    row([code(name), text(heading), path === undefined ? text('–') : code(path), text(meaning)]),
  );
  const prose = (value: string) => ({ type: 'paragraph' as const, children: [text(value)] });
  return toMarkdown(
    {
      type: 'root',
      children: [
        { type: 'heading', depth: 1, children: [text('Metrics')] },
        { type: 'heading', depth: 2, children: [text('Columns of the tables')] },
        prose(
          'What --columns and --sort of compare, replay, report, sweep and merge name, by column or heading; spaces, underscores and capitals do not matter. Any number of a result is a column too, by its path. Gates know the columns that have a metric.',
        ),
        {
          type: 'table',
          align: ['left', 'left', 'left', 'left'],
          children: [row(['column', 'heading', 'metric', 'meaning'].map(text)), ...columns],
        },
        { type: 'heading', depth: 2, children: [text('Every number of a result')] },
        prose(
          'Every number of a result, by the dotted path that CSV and gates name it with. This page and the JSON Schema in schemas/result.schema.json are generated from the declarations in src/results/declaration and src/metrics.',
        ),
        prose(
          'Names in braces stand for one metric each, the statistics of one distribution. A part in capitals stands for names: OPCODE, CAUSE, STAGE, STRUCTURE and so on. Mappings by opcode, cause or thread leave zeros out; a gate reads what is left out as zero.',
        ),
        { type: 'table', align: ['left', 'left', 'left', 'left'], children: [header, ...rows] },
      ],
    },
    { extensions: [gfmTableToMarkdown({ tablePipeAlign: false })] },
  );
}

/** A row of the page. */
interface MetricRow {
  readonly path: string;
  readonly units: string;
  readonly direction: keyof typeof BETTER;
  readonly meaning: string;
}

/** Metrics as rows: the statistics of one distribution, which mean the same but for their last words, are one. */
function folded(entries: readonly MetricEntry[]): MetricRow[] {
  const rows: MetricRow[] = [];
  for (let at = 0; at < entries.length; ) {
    const { path, unit, direction, meaning } = entries[at];
    const whole = path.replace(/\.count$/, '');
    const statistics = entries.slice(at).findIndex((entry) => !entry.path.startsWith(`${whole}.`));
    const size = statistics < 0 ? entries.length - at : statistics;
    if (whole === path || size < 2) {
      rows.push({ path, units: unit, direction, meaning });
      at++;
      continue;
    }
    const members = entries.slice(at, at + size);
    rows.push({
      path: `${whole}.{${members.map((one) => one.path.slice(whole.length + 1)).join(',')}}`,
      units: [...new Set(members.map((one) => one.unit))].join(', '),
      direction: members[1].direction,
      meaning: meaning.slice(0, meaning.lastIndexOf(': ')),
    });
    at += size;
  }
  return rows;
}
