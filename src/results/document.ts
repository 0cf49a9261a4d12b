/**
 * The result document `smmuscope.result/2` (design §8): what `replay` and `compare` hand to every reporter. Its types are those
 * of the declaration (declaration/result.ts).
 *
 * Keys are snake_case with the unit in the name; they are the contract with scripts: within a version they are only added to.
 * Version 2 made the operation the unit of latency; version 1 had the submission alone.
 * No wall-clock time, host name or path of the machine is in it: the same input gives the same bytes.
 */
import type { z } from 'zod';
import type { Immutable } from './declaration/metric.js';
import type { RESULT_DECLARATION } from './declaration/result.js';

export type { JoinReport } from './declaration/recording.js';

/** A document as this build writes it: every key is there that is not declared optional. */
export type WrittenResult = Immutable<z.output<typeof RESULT_DECLARATION>>;

/** One strategy on one trace, as this build writes it. */
export type WrittenStrategyResult = WrittenResult['results'][number];

/** A document that may come from an earlier build of the same version, which knew fewer keys: what reporters get. */
export type ResultDocument = Immutable<z.input<typeof RESULT_DECLARATION>>;

/** Results of one strategy on one trace, likewise. */
export type StrategyResult = ResultDocument['results'][number];

/** One trace in `provenance`. */
export type TraceProvenance = WrittenResult['provenance']['traces'][number];

/** Distribution of a latency in integer ns (the mean apart). */
export type LatencySummary = StrategyResult['latency']['operation'];

/** Commands in and out (facts M §5.2 O2–O7, L §5.5). */
export type AmplificationResult = WrittenStrategyResult['amplification'];

/** One cache structure. lookups = hits + misses; fills − evictions − invalidated = occupancy. */
export type CacheResult = NonNullable<NonNullable<StrategyResult['tlb']>['main']>;

/** What a reader must know beside the latencies, or would take them for something else (see caveats.ts). */
export type Caveat = StrategyResult['caveats'][number];
