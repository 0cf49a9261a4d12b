/** From a document to the place where `--reporter` and `--output` want it. */

import { parseColumns, parseSort } from '../columns/choose.js';
import { REPORTERS, reporterByName } from '../reporters/registry.js';
import type { AnyReporter, ComingDocument, ReportContext, ReportDocument } from '../reporters/reporter.js';
import { RESULT_SCHEMA, STUDY_RESULT_SCHEMA } from '../results/declaration/tags.js';
import { strategyFiles } from '../strategies/user/strategy-files.js';
import { UsageError } from '../trace/errors.js';
import { type Output, openOutput } from './output.js';
import { contextFor } from './terminal.js';

/** The flags that decide. */
export interface ReportFlags {
  readonly output: string | undefined;
  readonly reporter: string | undefined;
  readonly json: boolean;
  readonly columns?: string | undefined;
  readonly sort?: string | undefined;
}

/** A reporter and its destination, both known to be good before the work begins. */
export class Report {
  private constructor(
    private readonly reporter: AnyReporter,
    private readonly output: Output,
    private readonly chosen: Partial<ReportContext>,
  ) {}

  /**
   * Check the flags and open the destination.
   * @param coming what will be reported
   * @param inputs paths that are read and must not be overwritten
   * @throws UsageError for an unknown reporter, one that cannot render this, contradicting flags, columns that there are not,
   *   or a destination that cannot be written to
   */
  static open(flags: ReportFlags, coming: ComingDocument, inputs: readonly string[] = []): Report {
    if (flags.json && flags.reporter !== undefined && flags.reporter !== 'json') {
      throw new UsageError(`expected --json or --reporter ${flags.reporter}, found both`);
    }
    const reporter = reporterByName(flags.json ? 'json' : (flags.reporter ?? 'table'));
    const refusal = reporter.refusal?.(coming);
    if (refusal !== undefined) throw new UsageError(refusal);
    const chosen = chosenColumns(flags, reporter, coming);
    const strategies = strategyFiles().map((module) => module.path);
    return new Report(reporter, openOutput(flags.output, [...inputs, ...strategies]), chosen);
  }

  /** It tells people on standard output of every gate that failed. */
  get listsBreaches(): boolean {
    return this.output.isStdout && this.reporter.listsBreaches === true;
  }

  /** Render what `work` yields and write it; if `work` fails, nothing is left behind. */
  async write(work: () => Promise<ReportDocument>, context: Partial<ReportContext> = {}): Promise<void> {
    try {
      const document = await work();
      const seen = contextFor(this.output.isStdout ? process.stdout : {}, process.env);
      const { reporter, chosen } = this;
      // For whoever sits there: a file, and what reads a pipe, get the document's own text.
      const next = this.output.isStdout && process.stdout.isTTY === true ? context.next : undefined;
      const shown = { ...seen, ...chosen, ...context, next };
      await this.output.commit(reporter.pieces?.(document, shown) ?? (await reporter.render(document, shown)));
    } finally {
      this.output.discard();
    }
  }
}

/** @throws UsageError for columns or an order where there is no table of results or points, or for unknown ones */
function chosenColumns(
  { columns, sort }: ReportFlags,
  reporter: AnyReporter,
  { schema }: ComingDocument,
): Partial<ReportContext> {
  const flag = columns !== undefined ? '--columns' : '--sort';
  if (columns === undefined && sort === undefined) return {};
  if (reporter.hasColumns !== true) {
    const known = REPORTERS.filter(({ hasColumns }) => hasColumns).map(({ name }) => name);
    throw new UsageError(`${flag}: expected a reporter with columns (${known.join(', ')}), found ${reporter.name}`);
  }
  if (schema !== RESULT_SCHEMA && schema !== STUDY_RESULT_SCHEMA) {
    throw new UsageError(`${flag}: expected results or a study, found ${schema}`);
  }
  const chosen = {
    columns: columns === undefined ? undefined : parseColumns(columns),
    sort: sort === undefined ? undefined : parseSort(sort),
  };
  const compared = [...(chosen.columns ?? []), ...(chosen.sort === undefined ? [] : [chosen.sort.column])].find(
    ({ needsBaseline }) => needsBaseline,
  );
  if (schema === STUDY_RESULT_SCHEMA && compared !== undefined) {
    throw new UsageError(`${flag}: expected columns of one result, found ${compared.name}: a study has no baseline`);
  }
  return chosen;
}
