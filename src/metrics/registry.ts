/** The metrics that are files of their own, in the order of the document. */
import { commandsPerSync } from './commands-per-sync.js';
import { mainTlbOverTime } from './main-tlb-over-time.js';
import type { Keys, Metric, Written } from './metric.js';
import { operationsOverEvents } from './operations-over-events.js';
import { perUnmap } from './per-unmap.js';
import { slowestOperations } from './slowest-operations.js';
import { trappedOperations } from './trapped-operations.js';

/** Of the guest's work: before `amplification`. */
export const GUEST_METRICS = [perUnmap, commandsPerSync, trappedOperations] as const;

/** Of the course in time: behind `safety`. */
export const COURSE_METRICS = [mainTlbOverTime, operationsOverEvents, slowestOperations] as const;

/** All of them, for who takes each as any other. */
export const METRICS = [...GUEST_METRICS, ...COURSE_METRICS] as unknown as readonly Metric[];

type All<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer I) => void ? I : never;
type WrittenEach<K> = K extends Keys ? Written<K> : never;

/** Metrics as the lists above have them. */
export type MetricList = readonly { readonly keys: Keys }[];

/** Their values in a result. */
export type Values<M extends MetricList> = All<WrittenEach<M[number]['keys']>>;

/** The declarations of all keys of `metrics`. */
export function keysOf<M extends MetricList>(metrics: M): All<M[number]['keys']> {
  return Object.assign({}, ...metrics.map(({ keys }) => keys)) as All<M[number]['keys']>;
}
