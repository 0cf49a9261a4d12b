/** What draws of all uncertain parameters at once say of a comparison: ranges of ratios, and how often the ranking changes. */
import type { JointRange } from '../results/sensitivity-document.js';

/** A path of a comparison. */
export interface RankedPath {
  readonly strategy: string;
  readonly atc: string;
  /** Mean time of an operation with the profile as it is, ns. */
  readonly meanNs: number;
}

/** Share of the draws that an interval holds. */
const HELD = 0.95;

/**
 * @param paths in any order
 * @param draws the mean times of an operation of all of them, ns, for each draw that could be replayed
 * @param baseline place among the paths of the denominator of ratios
 */
export function jointRange(
  paths: readonly RankedPath[],
  draws: readonly (readonly number[])[],
  baseline: number,
): Pick<JointRange, 'paths' | 'ranking_changes' | 'fastest_changes' | 'swaps'> {
  const order = paths.map((_, at) => at).sort((a, b) => paths[a].meanNs - paths[b].meanNs || a - b);
  const share = (isSo: (meansNs: readonly number[]) => boolean) => {
    const probability = draws.length === 0 ? 0 : draws.filter(isSo).length / draws.length;
    return { probability, standard_error: Math.sqrt((probability * (1 - probability)) / Math.max(1, draws.length)) };
  };
  const pairs = order.flatMap((faster, rank) =>
    order
      .slice(rank + 1)
      .filter((slower) => paths[faster].meanNs < paths[slower].meanNs)
      .map((slower) => ({ faster, slower })),
  );
  const isSwapped = (meansNs: readonly number[], { faster, slower }: (typeof pairs)[number]) =>
    meansNs[faster] > meansNs[slower];
  const nameOf = (at: number) => ({ strategy: paths[at].strategy, atc: paths[at].atc });
  return {
    paths: order.map((at) => {
      const ratios = draws.map((meansNs) => meansNs[at] / meansNs[baseline]).sort((a, b) => a - b);
      return {
        ...nameOf(at),
        mean_ns: paths[at].meanNs,
        ratio: paths[at].meanNs / paths[baseline].meanNs,
        interval_95: ratios.length === 0 ? null : [quantile(ratios, (1 - HELD) / 2), quantile(ratios, (1 + HELD) / 2)],
        range: ratios.length === 0 ? null : [ratios[0], ratios[ratios.length - 1]],
      };
    }),
    ranking_changes: share((meansNs) => pairs.some((pair) => isSwapped(meansNs, pair))),
    fastest_changes: share((meansNs) => pairs.some((pair) => pair.faster === order[0] && isSwapped(meansNs, pair))),
    swaps: pairs
      .map((pair) => ({
        faster: nameOf(pair.faster),
        slower: nameOf(pair.slower),
        ...share((meansNs) => isSwapped(meansNs, pair)),
      }))
      .filter(({ probability }) => probability > 0)
      .sort((a, b) => b.probability - a.probability),
  };
}

/** Linear between the two nearest of `sorted`. */
function quantile(sorted: readonly number[], p: number): number {
  const place = p * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
