/** Table of `strategies show`: the steps of one path, what each costs, and the total. */
import type { StrategyDocument } from '../listings.js';
import type { ReportContext } from '../reporter.js';
import { formatCount, formatShare, NO_VALUE } from './format.js';
import { type Column, drawTable, sectionTitle, wrapText } from './layout.js';

interface Row {
  readonly stage: string;
  readonly parameter: string;
  readonly tag: string;
  readonly each: string;
  readonly times: readonly string[];
  readonly ns: readonly number[];
  readonly help: string;
}

/** Keys differ within this many characters. */
const NARROWEST_PARAMETER = 22;
/** From this width on the meaning of each parameter is shown. */
const WIDE = 130;

/** The path of `document`, step by step. */
export function renderStrategy(document: StrategyDocument, context: ReportContext): string {
  const { submissions } = document;
  const columns: Column<Row>[] = [
    { heading: 'stage', align: 'left', drop: 0, cell: (row) => row.stage, style: totalStyle },
    { heading: 'parameter', align: 'left', drop: 0, minWidth: NARROWEST_PARAMETER, cell: (row) => row.parameter },
    {
      heading: 'tag',
      align: 'left',
      drop: 0,
      cell: (row) => row.tag,
      style: (row) => (row.tag === 'E' ? 'yellow' : row.tag === 'U' ? 'bold' : undefined),
    },
    { heading: 'ns each', align: 'right', drop: 0, cell: (row) => row.each },
    ...submissions.flatMap(({ commands }, at): Column<Row>[] => [
      {
        heading: `n=${commands}: times`,
        short: `n=${commands}`,
        align: 'right',
        drop: 0,
        cell: (row) => row.times[at],
      },
      { heading: 'ns', align: 'right', drop: 0, cell: (row) => formatCount(row.ns[at]), style: totalStyle },
    ]),
  ];
  // Where there is room for it beside parameters in full.
  if (context.width >= WIDE) {
    columns.push({ heading: 'meaning', align: 'left', drop: 1, minWidth: 30, cell: (row) => row.help });
  }
  const table = drawTable(columns, [...stepRows(document), totalRow(document)], context);
  const calibrated = document.steps.some(({ tag }) => tag === 'C') ? ', C calibrated' : '';
  const counts = submissions.map((size, at) => {
    const added = size.added_syncs === 0 ? '' : ` (${plural(size.added_syncs, 'added CMD_SYNC')})`;
    const traps = `${plural(size.exits, 'exit')}, ${plural(size.ioctls, 'ioctl')}`;
    const commands = `${plural(size.host_commands, 'host command')}${added}`;
    return `n=${size.commands}: ${traps}, ${commands}, ${formatShare(size.estimate_share)} of the time estimated${ownPart(document, at)}`;
  });
  return [
    sectionTitle(wrapText(`${document.strategy}: ${document.summary}`, context).trimEnd(), context),
    wrapText(
      `one operation: n TLBI_NH_VA and one CMD_SYNC in one PROD write of one vCPU, nothing else running; profile ${document.profile}, ATC ${document.atc}`,
      context,
    ),
    '\n',
    table.text,
    '\n',
    ...counts.map((line) => wrapText(line, context)),
    wrapText(`tag: V read at the source, D derived, R recalled, E estimate, U set by the user${calibrated}`, context),
  ].join('');
}

/** What the strategy says itself of the time of size `at`, waits left out as in the estimates; empty if it says nothing. */
function ownPart({ steps }: StrategyDocument, at: number): string {
  const sum = (some: StrategyDocument['steps']) => some.reduce((total, { ns }) => total + ns[at], 0);
  const ownNs = sum(steps.filter(({ tag, parameter }) => tag !== null && parameter === null));
  return ownNs === 0
    ? ''
    : `, ${formatShare(ownNs / sum(steps.filter(({ tag }) => tag !== null)))} said by the strategy itself`;
}

function stepRows({ steps }: StrategyDocument): Row[] {
  return steps.map((step) => ({
    stage: step.stage,
    parameter: step.parameter ?? NO_VALUE,
    tag: step.tag ?? NO_VALUE,
    each: step.tag === null ? NO_VALUE : formatCount(step.each_ns),
    times: step.times.map(formatCount),
    ns: step.ns,
    help: step.help ?? NO_VALUE,
  }));
}

function totalRow({ submissions }: StrategyDocument): Row {
  const times = submissions.map(() => '');
  const ns = submissions.map((size) => size.total_ns);
  return { stage: TOTAL, parameter: '', tag: '', each: '', times, ns, help: '' };
}

const TOTAL = 'total';

const totalStyle = (row: Row): 'bold' | undefined => (row.stage === TOTAL ? 'bold' : undefined);

const plural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
