/** Which row of a comparison the others are a multiple of: one for all of them, whatever their targeting. */
import type { ReportDocument } from '../reporters/reporter.js';
import type { BaselineRow } from '../results/baseline-row.js';
import { RESULT_SCHEMA } from '../results/declaration/tags.js';
import type { ResultDocument } from '../results/document.js';
import { requireStrategy } from '../results/read-result.js';
import { TRANSPORTS } from '../strategies/registry.js';
import { resolveStrategies } from '../strategies/spec.js';
import { UsageError } from '../trace/errors.js';

/** What is compared with unless the user says otherwise: the path that upstream QEMU has today. */
const USUAL = 'ioctl';
/** Nobody measures against a patch that was never merged, unless asked to. */
const NEVER_BY_ITSELF = 'v1-patch';

/**
 * The row that `spec` names among `strategies` (each crossed with `atc`): the targeting that it says with `:atc=`, else the
 * strategy's default one, else the strategy's first row. Without `spec` it is `ioctl`, or the first row that is not `v1-patch`.
 * @throws UsageError for a strategy or targeting that is not among them, or an unknown one
 */
export function resolveBaseline(
  spec: string | undefined,
  strategies: readonly string[],
  atc: readonly string[],
): BaselineRow {
  const compared = resolveStrategies(strategies, atc);
  const rows = compared.map(({ canonicalName, targeting }) => ({ strategy: canonicalName, atc: targeting.name }));
  if (spec === undefined) return usualRow(rows);
  const [wanted, ...others] = resolveStrategies([spec], [], compared);
  const isTargeted = targetingIn(spec) !== undefined;
  const row = rowOf(rows, wanted.canonicalName, wanted.targeting.name, isTargeted);
  if (others.length > 0 || row === undefined) {
    const names = rows.map((one) => (isTargeted ? `${one.strategy}:atc=${one.atc}` : one.strategy));
    const expected = `one of the compared strategies (${[...new Set(names)].join(', ')})`;
    throw new UsageError(`--baseline: expected ${expected}, found ${spec}`);
  }
  return row;
}

/**
 * The row for showing `document` again, found as `resolveBaseline` does; `spec` as its results spell it. Undefined for a single
 * result without `spec`, which is shown by itself.
 * @param name what errors call the document
 * @throws UsageError for a strategy or targeting that it has no result of
 */
export function resultBaseline(
  spec: string | undefined,
  document: ResultDocument,
  name: string,
): BaselineRow | undefined {
  const { results } = document;
  if (spec === undefined) return results.length === 1 ? undefined : usualRow(results);
  const atc = targetingIn(spec);
  const strategy = spec.replace(/:atc=[^:]+/, '');
  requireStrategy(document, strategy, atc, name);
  return rowOf(results, strategy, atc ?? defaultAtcOf(strategy), atc !== undefined);
}

/**
 * The same for a document of any kind: only results are compared.
 * @throws UsageError for a `spec` beside any other kind
 */
export function documentBaseline(
  spec: string | undefined,
  document: ReportDocument,
  name: string,
): BaselineRow | undefined {
  if (document.schema === RESULT_SCHEMA) return resultBaseline(spec, document, name);
  if (spec === undefined) return undefined;
  throw new UsageError(`--baseline: expected a result of replay or compare, found ${name} with ${document.schema}`);
}

function usualRow(rows: readonly BaselineRow[]): BaselineRow {
  const usual =
    rowOf(rows, USUAL, defaultAtcOf(USUAL), false) ??
    rows.find(({ strategy }) => nameOf(strategy) !== NEVER_BY_ITSELF) ??
    rows[0];
  return { strategy: usual.strategy, atc: usual.atc };
}

/** The row of `strategy` with `atc`; if that need not be, its first one. */
function rowOf(
  rows: readonly BaselineRow[],
  strategy: string,
  atc: string | undefined,
  isTargeted: boolean,
): BaselineRow | undefined {
  const candidates = rows.filter((row) => row.strategy === strategy);
  const found = candidates.find((row) => row.atc === atc) ?? (isTargeted ? undefined : candidates[0]);
  return found === undefined ? undefined : { strategy: found.strategy, atc: found.atc };
}

const targetingIn = (spec: string): string | undefined => /:atc=([^:]+)/.exec(spec)?.[1];

const nameOf = (strategy: string): string => strategy.split(':')[0];

/** Default targeting of a built-in strategy; undefined for one of the user's own, of which a document says nothing. */
function defaultAtcOf(strategy: string): string | undefined {
  return TRANSPORTS.find(({ name }) => name === nameOf(strategy))?.defaultAtc;
}
