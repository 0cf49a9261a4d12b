/** Sensitivities for people: the ranking and how sure it is, then the parameters that move the ratio most, first. */
import type {
  JointRange,
  SensitivityDocument,
  SensitivityEnd,
  SensitivityRow,
} from '../../results/sensitivity-document.js';
import type { ReportContext } from '../reporter.js';
import { transformLine } from './footer.js';
import { formatCount, formatNs, formatRatio, formatShare, NO_VALUE } from './format.js';
import { type Column, drawTable, sectionTitle, wrapText } from './layout.js';

/** Names that a line has at most. */
const MOST_NAMES = 4;

/** Table of the ranking, and of what moves the ratio, and how many parameters do not. */
export function renderSensitivity(document: SensitivityDocument, context: ReportContext): string {
  const shown = document.parameters.filter(isShown);
  const { joint } = document;
  const table = shown.length === 0 ? '' : `${drawTable(COLUMNS, shown, context).text}\n`;
  const ranking = joint === undefined ? '' : `${rankingOf(joint, document, context)}\n`;
  const title = joint === undefined || table === '' ? '' : sectionTitle('Each parameter alone', context);
  const notes = sensitivityNotes(document).map((note) => wrapText(note, context));
  return `${ranking}${title}${table}${notes.join('')}`;
}

/** An estimate that moves the ratio, or might have. */
export const isShown = ({ swing, low, high }: SensitivityRow): boolean =>
  swing > 0 || low.ratio === null || high.ratio === null;

/** What every report of sensitivities says beside the estimates. */
export function sensitivityNotes(document: SensitivityDocument): string[] {
  const { strategy, baseline, ratio, parameters, provenance, not_varied: notVaried } = document;
  const shown = parameters.filter(isShown);
  return [
    `mean time of an operation, ${strategy} / ${baseline}: ${formatRatio(ratio)} on trace ${provenance.trace.file} with profile ${provenance.profile}`,
    ...optionLines(provenance.run),
    `each estimate alone at -${formatShare(provenance.by)} and +${formatShare(provenance.by)}, a value with a declared range at its ends; ${formatCount(parameters.length - shown.length)} more do not move it, ${formatCount(notVaried.length)} are no positive numbers and stay`,
  ];
}

/** What was replayed other than by default. */
function optionLines(run: SensitivityDocument['provenance']['run']): string[] {
  if (run === undefined) return [];
  const set = Object.entries(run.profile.overrides ?? {}).map(([key, value]) => `${key}=${String(value)}`);
  return [
    ...(set.length === 0 ? [] : [`set, and not varied: ${set.join(', ')}`]),
    ...((run.warmup_events ?? 0) > 0 ? [`the first ${formatCount(run.warmup_events)} events are not measured`] : []),
    ...transformLine(run.transforms),
  ];
}

/** The ranking of the compared paths under all draws. */
function rankingOf(joint: JointRange, document: SensitivityDocument, context: ReportContext): string {
  return [
    sectionTitle(rankingTitle(document), context),
    drawTable(pathColumns(joint.paths, context), joint.paths, context).text,
    ...rankingLines(joint, document).map((line) => wrapText(line, context)),
  ].join('');
}

/** What the ranking is of. */
export const rankingTitle = ({ baseline }: SensitivityDocument): string =>
  `Ranking if all that is uncertain is drawn at once, ratios to ${baseline}`;

/** Its table as texts, for outputs that draw tables of their own. */
export function rankingTexts(joint: JointRange, context: ReportContext) {
  const columns = pathColumns(joint.paths, context);
  return {
    headings: columns.map(({ heading }) => heading),
    rows: joint.paths.map((path) => columns.map(({ cell }) => cell(path))),
  };
}

/** What every report says of the ranking. */
export function rankingLines(joint: JointRange, { provenance }: SensitivityDocument): string[] {
  const { draws, refused, seed, with_range: ranged, held } = joint;
  const chance = `Latin hypercube, seed ${seed}${refused > 0 ? `; ${formatCount(refused)} more were refused by the model` : ''}`;
  const isOutside = joint.paths.some(
    ({ ratio, interval_95: ends }) => ends !== null && (ratio < ends[0] || ratio > ends[1]),
  );
  return [
    `all at once: estimates anywhere within ${formatShare(provenance.by)} of themselves, ${formatCount(ranged.length)} values anywhere in the range that the profile declares; ${formatCount(draws)} draws (${chance})`,
    ...changeLines(joint),
    ...(isOutside
      ? ['a ratio lies outside of its interval where the profile has a value at one end of its declared range']
      : []),
    ...(held.length === 0
      ? []
      : [`held, as they have a source and no declared range: ${listed(held)}; their own errors are in no interval`]),
  ];
}

function changeLines({ draws, paths, ranking_changes, fastest_changes, swaps }: JointRange): string[] {
  if (draws === 0) return ['no draw could be replayed: nothing is known of the ranking'];
  if (swaps.length === 0) {
    // None of n seen: at most 3/n, with 95 % confidence (the rule of three).
    return [
      `the ranking is the same in every draw: it changes in at most ${formatShare(Math.min(1, 3 / draws))} of cases like these (95% confidence)`,
    ];
  }
  const often = ({ probability, standard_error }: Chance) =>
    `${formatShare(probability)} +-${formatShare(standard_error)}`;
  const name = nameIn(paths);
  const pairs = swaps
    .slice(0, MOST_NAMES)
    .map((swap) => `${name(swap.slower)} before ${name(swap.faster)} in ${often(swap)}`);
  const more = swaps.length - pairs.length;
  return [
    `the ranking changes in ${often(ranking_changes)} of the draws (+- one standard error), the fastest path in ${often(fastest_changes)}: ${pairs.join(', ')}${more > 0 ? ` and ${formatCount(more)} more pairs` : ''}`,
  ];
}

type Chance = JointRange['ranking_changes'];
type PathName = Pick<JointRange['paths'][number], 'strategy' | 'atc'>;

/** A path by its strategy, and its targeting where the strategy has several. */
const nameIn =
  (paths: readonly PathName[]) =>
  ({ strategy, atc }: PathName): string =>
    paths.filter((one) => one.strategy === strategy).length > 1 ? `${strategy}:atc=${atc}` : strategy;

function pathColumns(paths: JointRange['paths'], context: ReportContext): Column<JointRange['paths'][number]>[] {
  const name = nameIn(paths);
  const ends = (pair: readonly [number, number] | null) =>
    pair === null ? NO_VALUE : `${formatRatio(pair[0])} - ${formatRatio(pair[1])}`;
  return [
    { heading: 'strategy', align: 'left', drop: 0, cell: name },
    { heading: 'mean', align: 'right', drop: 2, cell: ({ mean_ns }) => formatNs(mean_ns, context) },
    { heading: 'ratio', align: 'right', drop: 0, cell: ({ ratio }) => formatRatio(ratio) },
    { heading: '95% of draws', align: 'right', drop: 0, cell: ({ interval_95 }) => ends(interval_95) },
    { heading: 'all draws', align: 'right', drop: 1, cell: ({ range }) => ends(range) },
  ];
}

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${formatCount(more)} more` : ''}`;
}

const atEnd = ({ ratio }: SensitivityEnd): string => (ratio === null ? 'refused' : formatRatio(ratio));

const COLUMNS: readonly Column<SensitivityRow>[] = [
  { heading: 'parameter', align: 'left', drop: 0, cell: ({ key }) => key },
  { heading: 'value', align: 'right', drop: 0, cell: ({ value, unit }) => `${formatCount(value)} ${unit}` },
  { heading: 'lower', align: 'right', drop: 2, cell: ({ low }) => formatCount(low.value) },
  { heading: 'ratio if lower', align: 'right', drop: 0, cell: ({ low }) => atEnd(low) },
  { heading: 'higher', align: 'right', drop: 2, cell: ({ high }) => formatCount(high.value) },
  { heading: 'ratio if higher', align: 'right', drop: 0, cell: ({ high }) => atEnd(high) },
  {
    heading: 'swing',
    align: 'right',
    drop: 1,
    cell: ({ swing, low, high }) => (low.ratio === null && high.ratio === null ? NO_VALUE : formatShare(swing)),
  },
];
