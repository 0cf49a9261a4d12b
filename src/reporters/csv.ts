/**
 * CSV for data tools: RFC 4180 quoting by csv-stringify, lines ended by a bare line feed as the tools of a Unix pipe expect.
 *
 * Results are tidy: one row per trace × strategy × metric, the metric being the dotted path of a numeric leaf of the JSON
 * document. Lists (histograms, first violations) are left to JSON. Listings are one row per entry. A text is never a formula.
 */
import { stringify } from 'csv-stringify/sync';
import type { CalibrationDocument } from '../calibration/document.js';
import type { StatisticsResult } from '../results/declaration/statistics.js';
import {
  CALIBRATION_SCHEMA,
  DIFF_SCHEMA,
  INSPECT_SCHEMA,
  LINT_SCHEMA,
  MRC_SCHEMA,
  PROFILE_SCHEMA,
  PROFILES_SCHEMA,
  RESULT_SCHEMA,
  SENSITIVITY_SCHEMA,
  STRATEGIES_SCHEMA,
  STRATEGY_SCHEMA,
  STUDY_RESULT_SCHEMA,
  WORKLOADS_SCHEMA,
} from '../results/declaration/tags.js';
import type { ResultDocument } from '../results/document.js';
import { numericLeaves } from '../results/numeric-leaves.js';
import { diffRows, sensitivityRows, studyRows } from './csv-study.js';
import type { StrategyDocument } from './listings.js';
import type { ReportDocument, Reporter } from './reporter.js';

type Field = string | number | boolean;

export const csvReporter: Reporter = {
  name: 'csv',
  summary: 'one row per trace, strategy and metric',
  render: (document) => [...csvPieces(document)].join(''),
  pieces: csvPieces,
};

/** Rows that are made and written together. */
const ROWS_PER_PIECE = 1024;

function* csvPieces(document: ReportDocument): Generator<string> {
  let rows: Field[][] = [];
  const text = () => stringify(rows, { cast: { boolean: String, string: textCell }, escape_formulas: true });
  for (const row of rowsOf(document)) {
    if (rows.length === ROWS_PER_PIECE) {
      yield text();
      rows = [];
    }
    rows.push(row);
  }
  yield text();
}

/**
 * A spreadsheet takes what begins with = + - or @ for a formula: texts that do get an apostrophe before them, with which it
 * shows them as they are. A number that is kept as text (a value on an axis) is
 * none, nor is a dash alone.
 */
const textCell = (value: string) => (NO_FORMULA.test(value) ? { value, escape_formulas: false } : value);

const NO_FORMULA = /^(?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|-)$/;

function rowsOf(document: ReportDocument): Iterable<Field[]> {
  switch (document.schema) {
    case RESULT_SCHEMA:
      return resultRows(document);
    case CALIBRATION_SCHEMA:
      return residualRows(document);
    case MRC_SCHEMA: {
      const rows = document.results.flatMap(({ trace, points }) =>
        points.map(({ entries, misses, miss_ratio }) => [trace, entries, misses, miss_ratio]),
      );
      return [['trace', 'entries', 'misses', 'miss_ratio'], ...rows];
    }
    case INSPECT_SCHEMA: {
      const { schema: _schema, trace, ...rest } = document;
      return [
        ['trace', 'metric', 'value'],
        ...numericLeaves(rest).map(([metric, value]) => [trace.file, metric, value]),
      ];
    }
    case LINT_SCHEMA: {
      const rows = document.findings.flatMap(({ rule, severity, count, first }) =>
        first.map(({ line, what }) => [document.trace.file, severity, rule, count, line, what]),
      );
      return [['trace', 'severity', 'rule', 'count', 'line', 'what'], ...rows];
    }
    case STRATEGIES_SCHEMA: {
      const none = { key: '', values: '', default: '', help: '' };
      const rows = document.strategies.flatMap(({ name, default_atc, summary, options }) =>
        (options.length === 0 ? [none] : options).map((option) => [
          name,
          default_atc,
          summary,
          option.key,
          option.values,
          option.default,
          option.help,
        ]),
      );
      return [['strategy', 'default_atc', 'summary', 'option', 'values', 'default', 'help'], ...rows];
    }
    case WORKLOADS_SCHEMA: {
      const rows = document.workloads.flatMap(({ name, summary, parameters }) =>
        parameters.map((parameter) => [
          name,
          summary,
          parameter.key,
          parameter.values,
          parameter.default,
          parameter.help,
        ]),
      );
      return [['workload', 'summary', 'parameter', 'values', 'default', 'help'], ...rows];
    }
    case STRATEGY_SCHEMA:
      return strategyRows(document);
    case STUDY_RESULT_SCHEMA:
      return studyRows(document);
    case DIFF_SCHEMA:
      return diffRows(document);
    case SENSITIVITY_SCHEMA:
      return sensitivityRows(document);
    case PROFILES_SCHEMA: {
      const rows = document.profiles.map((profile) => [
        profile.name,
        profile.title,
        profile.parameters,
        profile.estimates,
        profile.default,
      ]);
      return [['profile', 'title', 'parameters', 'estimates', 'default'], ...rows];
    }
    case PROFILE_SCHEMA: {
      const hasUses = document.parameters.some(({ uses }) => uses !== undefined);
      const rows = document.parameters.map((parameter) => [
        parameter.key,
        parameter.value,
        parameter.unit,
        parameter.tag,
        parameter.overridden,
        parameter.source,
        parameter.help,
        ...(hasUses ? [parameter.uses?.join('; ') ?? ''] : []),
      ]);
      const uses = hasUses ? ['uses'] : [];
      return [['key', 'value', 'unit', 'tag', 'overridden', 'source', 'help', ...uses], ...rows];
    }
  }
}

function resultRows(document: ResultDocument): Field[][] {
  const rows: Field[][] = [['trace', 'strategy', 'atc', 'metric', 'value']];
  for (const result of document.results) {
    const { trace, strategy, atc, ...metrics } = result;
    for (const [metric, value] of numericLeaves(metrics)) rows.push([trace, strategy, atc, metric, value]);
  }
  return document.statistics === undefined ? rows : [...rows, ...medianRows(document.statistics)];
}

/** Medians as metrics: `over_seeds.METRIC.median`, `.interval_low`, `.ratio` and so on; what there is not is left out. */
function medianRows({ over, medians }: StatisticsResult): Field[][] {
  return medians.flatMap(({ trace, strategy, atc, metric, median, interval, baseline }) => {
    const values = {
      median,
      interval_low: interval?.[0],
      interval_high: interval?.[1],
      baseline_median: baseline?.median,
      ratio: baseline?.ratio,
      ratio_low: baseline?.ratio_interval?.[0],
      ratio_high: baseline?.ratio_interval?.[1],
      mann_whitney_p: baseline?.mann_whitney?.p,
      sign_p: baseline?.sign_p,
    };
    return numericLeaves(values).map(([name, value]) => [
      trace,
      strategy,
      atc,
      `over_${over}.${metric}.${name}`,
      value,
    ]);
  });
}

/** Residuals of a calibration: one row per part, strategy and shape of submission. */
function residualRows({ parts, provenance }: CalibrationDocument): Field[][] {
  const traced = new Set(provenance.measured.filter((one) => one.includes_tracing).map(({ file }) => file));
  const rows = parts.flatMap(({ part, file, residuals }) =>
    residuals.map((row) => [
      part,
      file,
      row.strategy,
      row.commands,
      row.shape,
      row.measurements,
      row.predicted_ns,
      row.median_ns,
      row.p10_residual_ns,
      row.median_residual_ns,
      row.p90_residual_ns,
      String(traced.has(file)),
    ]),
  );
  const columns = ['predicted_ns', 'median_ns', 'p10_residual_ns', 'median_residual_ns', 'p90_residual_ns'];
  const headings = ['part', 'file', 'strategy', 'commands', 'shape', 'measurements', ...columns, 'includes_tracing'];
  return [headings, ...rows];
}

/** One row per submission and step. */
function strategyRows({ strategy, profile, submissions, steps }: StrategyDocument): Field[][] {
  const rows = submissions.flatMap(({ commands }, at) =>
    steps.map(({ stage, parameter, tag, source, each_ns, times, ns }) => [
      strategy,
      profile,
      commands,
      stage,
      parameter ?? '',
      tag ?? '',
      each_ns,
      times[at],
      ns[at],
      source ?? '',
    ]),
  );
  const header = ['strategy', 'profile', 'commands', 'stage', 'parameter', 'tag', 'each_ns', 'times', 'ns', 'source'];
  return [header, ...rows];
}
