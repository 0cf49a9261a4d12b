/**
 * The same replays with several seeds: `seed`, `seed` + 1 and so on, one after the other, so that they take no more memory
 * than one. Each reads the traces again.
 */
import { type LoadedProfile, loadProfile } from '../profiles/load.js';
import { differingBySeed } from '../results/by-seed.js';
import type { WrittenResult } from '../results/document.js';
import { UsageError } from '../trace/errors.js';
import { type RunHooks, type RunOptions, runReplays } from './run.js';

/** Ends of the keys of a structure's parameters. */
const POLICY = '.policy';
const ENABLE = '.enable';

/**
 * What the seed of a run decides: the structures that replace at random, and when the host's own invalidations arrive.
 * Nothing else in the model is random; empty: every seed gives the same result.
 */
export function seedDependents(profile: LoadedProfile, { backgroundPerS = 0 }: RunOptions): string[] {
  const random = profile.parameters.filter(({ key, value }) => {
    if (!key.endsWith(POLICY) || value !== 'random') return false;
    return profile.flag(`${key.slice(0, -POLICY.length)}${ENABLE}`);
  });
  return [...random.map(({ key }) => key), ...(backgroundPerS > 0 ? ['--background'] : [])];
}

/**
 * Replay every trace through every strategy with `count` seeds from `options.seed` on. The document is that of the first
 * seed; `results[].by_seed` has what differs with the others. If the seed decides nothing there is one replay. One seed is
 * `runReplays`.
 * @throws UsageError for standard input, which cannot be read again, and for a trace that changes in between
 */
export async function runSeeds(
  traces: readonly string[],
  options: RunOptions,
  count: number,
  hooks: RunHooks = {},
): Promise<WrittenResult> {
  if (count === 1) return runReplays(traces, options, hooks);
  const dependents = seedDependents(loadProfile(options.profile, options.set), options);
  const runs = dependents.length === 0 ? 1 : count;
  if (runs > 1 && traces.includes('-')) {
    throw new UsageError('--seeds: expected files, which can be read again, found standard input');
  }
  // The curve does not depend on the seed.
  const curves = (run: number) => (run === 0 ? options.curves : false);
  const optionsOf = (run: number) => ({ ...options, seed: options.seed + run, curves: curves(run) });
  const documents: WrittenResult[] = [];
  for (let run = 0; run < runs; run++) {
    const document = await runReplays(traces, optionsOf(run), passHooks(hooks, run, runs));
    requireSameTraces(documents[0] ?? document, document);
    documents.push(document);
  }
  const [first] = documents;
  const results = first.results.map((result, at) => {
    return { ...result, by_seed: differingBySeed(documents.map(({ results }) => results[at])) };
  });
  return { ...first, provenance: { ...first.provenance, seeds: count, seed_dependents: dependents }, results };
}

/** Progress over all passes instead of one. */
function passHooks(hooks: RunHooks, run: number, runs: number): RunHooks {
  return {
    ...hooks,
    onProgress: (bytesRead, totalBytes, events) =>
      totalBytes === undefined
        ? hooks.onProgress?.(bytesRead, totalBytes, events)
        : hooks.onProgress?.(run * totalBytes + bytesRead, runs * totalBytes, events),
  };
}

function requireSameTraces(first: WrittenResult, document: WrittenResult): void {
  const changed = document.provenance.traces.find(({ sha256 }, at) => sha256 !== first.provenance.traces[at].sha256);
  if (changed !== undefined)
    throw new UsageError(`${changed.file}: expected the same bytes for every seed, it changed`);
}
