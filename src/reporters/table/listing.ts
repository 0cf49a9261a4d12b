/** Tables of the listing commands: strategies, profiles, one profile. */
import type { ProfileDocument, ProfilesDocument, StrategiesDocument, WorkloadsDocument } from '../listings.js';
import type { ReportContext } from '../reporter.js';
import { truncate } from './format.js';
import { type Column, drawTable, paint, sectionTitle, wrapText } from './layout.js';

/** Strategies, each with its summary and its options. */
export function renderStrategies(document: StrategiesDocument, context: ReportContext): string {
  const blocks = document.strategies.map((strategy) => {
    const lines = [`${strategy.summary} (ATC ${strategy.default_atc} unless told otherwise)`];
    for (const option of strategy.options) {
      lines.push(`:${option.key}=${option.values} (default ${option.default}) ${option.help}`);
    }
    const body = lines.map((line) => indent(line, context)).join('');
    return `${paint(strategy.name, 'bold', context)}\n${body}`;
  });
  return blocks.join('\n');
}

/** Workloads, each with its summary and its parameters. */
export function renderWorkloads(document: WorkloadsDocument, context: ReportContext): string {
  const blocks = document.workloads.map(({ name, summary, parameters }) => {
    const lines = parameters.map(({ key, values, default: byDefault, help }) => {
      return `${key}=${values} (default ${byDefault}) ${help}`;
    });
    return `${paint(name, 'bold', context)}\n${[summary, ...lines].map((line) => indent(line, context)).join('')}`;
  });
  return blocks.join('\n');
}

/** Profiles by name. */
export function renderProfiles(document: ProfilesDocument, context: ReportContext): string {
  type Row = ProfilesDocument['profiles'][number];
  const columns: Column<Row>[] = [
    { heading: 'profile', align: 'left', drop: 0, cell: (row) => `${row.name}${row.default ? ' (default)' : ''}` },
    { heading: 'parameters', align: 'right', drop: 2, cell: (row) => String(row.parameters) },
    { heading: 'estimates', align: 'right', drop: 1, cell: (row) => String(row.estimates) },
    { heading: 'title', align: 'left', drop: 0, minWidth: 20, cell: (row) => row.title },
  ];
  return drawTable(columns, document.profiles, context).text;
}

/** What the tags of sources stand for. */
const TAGS: Readonly<Record<string, string>> = {
  V: 'read at the source',
  D: 'derived',
  R: 'recalled',
  E: 'estimate',
  U: 'set by the user',
  C: 'calibrated',
};

/** Parameters of one profile with unit, tag and source; or one with all that is known of it. */
export function renderProfile(document: ProfileDocument, given: ReportContext): string {
  const context = given.isUnbounded === true ? { ...given, width: Number.MAX_SAFE_INTEGER } : given;
  const [{ uses } = { uses: undefined }] = document.parameters;
  if (uses !== undefined) return renderParameter(document.name, document.parameters[0], uses, context);
  type Row = ProfileDocument['parameters'][number];
  const columns: Column<Row>[] = [
    { heading: 'key', align: 'left', drop: 0, cell: (row) => row.key },
    { heading: 'value', align: 'right', drop: 0, cell: (row) => String(row.value) },
    { heading: 'unit', align: 'left', drop: 2, cell: (row) => row.unit },
    {
      heading: 'tag',
      align: 'left',
      drop: 0,
      cell: (row) => row.tag,
      style: (row) => (row.tag === 'E' ? 'yellow' : row.overridden ? 'bold' : undefined),
    },
    { heading: 'source', align: 'left', drop: 1, minWidth: 24, cell: (row) => row.source },
    { heading: 'meaning', align: 'left', drop: 3, minWidth: 30, cell: (row) => row.help },
  ];
  const table = drawTable(columns, document.parameters, context);
  const shown = Object.entries(TAGS).filter(
    ([tag]) => tag !== 'C' || document.parameters.some((row) => row.tag === 'C'),
  );
  const tags = `tag: ${shown.map((words) => words.join(' ')).join(', ')}`;
  const dropped =
    table.dropped.length === 0 ? '' : `no room for: ${table.dropped.join(', ')} (--reporter csv shows them)`;
  return [
    sectionTitle(truncate(`${document.name}: ${document.title}`, context.width, context), context),
    table.text,
    '\n',
    wrapText(tags, context),
    dropped === '' ? '' : wrapText(dropped, context),
  ].join('');
}

/** One parameter in full. */
function renderParameter(
  profile: string,
  { key, value, unit, tag, source, range, help }: ProfileDocument['parameters'][number],
  uses: readonly string[],
  context: ReportContext,
): string {
  const lines = [
    `meaning: ${help}`,
    `value: ${value} (${unit})`,
    `tag: ${tag}, ${TAGS[tag] ?? 'unknown'}`,
    `source: ${source}`,
    ...(range === undefined ? [] : [`range: ${range.low} to ${range.high} (${unit}), ${range.source}`]),
    ...(/\b(L|M|N26) (§|N\d)/.test(source) ? ['L, M and N26 are the pages of docs/facts/'] : []),
    ...uses.map((use) => `used by: ${use}`),
  ];
  return `${sectionTitle(`${key} of ${profile}`, context)}${lines.map((line) => indent(line, context)).join('')}`;
}

/** `text` wrapped and indented by two. */
function indent(text: string, context: ReportContext): string {
  const wrapped = wrapText(text, { ...context, width: context.width - 2 });
  return wrapped.replace(/^(?=.)/gm, '  ');
}
