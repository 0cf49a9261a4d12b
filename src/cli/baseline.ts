/** The strategy that a comparison is made against. */
import type { Baseline, ReportDocument } from '../reporters/reporter.js';
import { RESULT_SCHEMA, type ResultDocument } from '../results/document.js';
import { requireStrategy } from '../results/read-result.js';
import { resolveStrategies } from '../strategies/spec.js';
import { UsageError } from '../trace/errors.js';

/**
 * The baseline that `spec` names among `strategies` (each crossed with `atc`); the first strategy if `spec` is undefined.
 * A specification that says `atc=` means that targeting only; otherwise each result has the baseline of its own targeting.
 * @throws UsageError for a strategy that is not among them, or an unknown one
 */
export function resolveBaseline(
  spec: string | undefined,
  strategies: readonly string[],
  atc: readonly string[],
): Baseline {
  const compared = resolveStrategies(strategies, atc);
  if (spec === undefined) return { strategy: compared[0].canonicalName };
  const [wanted, ...others] = resolveStrategies([spec], [], compared);
  const targeting = /:atc=/.test(spec) ? wanted.targeting.name : undefined;
  const isWanted = (choice: (typeof compared)[number]) =>
    choice.canonicalName === wanted.canonicalName && (targeting === undefined || choice.targeting.name === targeting);
  if (others.length > 0 || !compared.some(isWanted)) {
    const names = [...new Set(compared.map((choice) => choice.canonicalName))].join(', ');
    throw new UsageError(`--baseline: expected one of the compared strategies (${names}), found ${spec}`);
  }
  return { strategy: wanted.canonicalName, atc: targeting };
}

/**
 * The baseline for showing `document` again: `spec` as its results spell it (`:atc=` for one targeting), else the first
 * strategy of several.
 * @param name what errors call the document
 * @throws UsageError for a strategy that it has no result of
 */
export function resultBaseline(spec: string | undefined, document: ResultDocument, name: string): Baseline | undefined {
  const [first] = document.results;
  if (spec === undefined) return document.results.length === 1 ? undefined : { strategy: first.strategy };
  const [, atc] = /:atc=([^:]+)/.exec(spec) ?? [];
  const strategy = spec.replace(/:atc=[^:]+/, '');
  requireStrategy(document, strategy, atc, name);
  return { strategy, atc };
}

/**
 * The same for a document of any kind: only results are compared.
 * @throws UsageError for a `spec` beside any other kind
 */
export function documentBaseline(
  spec: string | undefined,
  document: ReportDocument,
  name: string,
): Baseline | undefined {
  if (document.schema === RESULT_SCHEMA) return resultBaseline(spec, document, name);
  if (spec === undefined) return undefined;
  throw new UsageError(`--baseline: expected a result of replay or compare, found ${name} with ${document.schema}`);
}
