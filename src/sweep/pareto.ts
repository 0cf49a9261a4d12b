/**
 * Pareto fronts: which points are not beaten in every objective. Without others these are the latency of the guest's operations
 * and the CPU time that the host spends per operation. Only points that differ in nothing but the axes of choice compete.
 */
import { metricEntry } from '../results/declaration/dictionary.js';
import { metricValue } from '../results/metric-value.js';
import type { Coordinates, ParetoFront, ParetoSpec, StudyPoint } from '../results/study-document.js';

type FrontPoint = ParetoFront['points'][number];

interface Candidate {
  readonly point: FrontPoint;
  /** What it competes with: of each, less is better. */
  readonly costs: readonly number[];
}

/** The fronts of `points`, in the order in which their groups begin; a point without operations is on none. */
export function paretoFronts(points: readonly StudyPoint[], spec: ParetoSpec): ParetoFront[] {
  const groups = new Map<string, { at: ParetoFront['at']; candidates: Candidate[] }>();
  for (const point of points) {
    const candidate = candidateOf(point, spec);
    if (candidate === undefined) continue;
    const at = sharedAxes(point.at, spec.over);
    const key = JSON.stringify(at);
    const group = groups.get(key) ?? { at, candidates: [] };
    groups.set(key, group);
    group.candidates.push(candidate);
  }
  return [...groups.values()].map(({ at, candidates }) => ({ at, points: front(candidates) }));
}

function candidateOf({ index, result }: StudyPoint, { latency, objectives }: ParetoSpec): Candidate | undefined {
  const [entry] = result?.results ?? [];
  if (entry === undefined) return undefined;
  const hostCpuNs = entry.host.cpu_ns_per_operation;
  const latencyNs = (entry.latency.operation as unknown as Record<string, unknown>)[latency];
  if (typeof hostCpuNs !== 'number' || typeof latencyNs !== 'number') return undefined;
  const point = { index, latency_ns: latencyNs, host_cpu_ns_per_operation: hostCpuNs };
  if (objectives === undefined) return { point, costs: [latencyNs, hostCpuNs] };
  const values: number[] = [];
  const costs: number[] = [];
  for (const path of objectives) {
    const metric = metricEntry(path);
    const value = metric === undefined ? null : metricValue(entry, path, metric);
    if (value === null) return undefined;
    values.push(value);
    costs.push(metric?.direction === 'higher' ? -value : value);
  }
  return { point: { ...point, values }, costs };
}

function sharedAxes({ set, ...axes }: Coordinates, over: readonly string[]): ParetoFront['at'] {
  const parameters = Object.entries(set).filter(([key]) => !over.includes('set') && !over.includes(key));
  const others = Object.entries(axes).filter(([axis]) => !over.includes(axis));
  return { ...Object.fromEntries(others), ...(parameters.length === 0 ? {} : { set: Object.fromEntries(parameters) }) };
}

/** By the first objective, at equal values by the next. Points equal in all are all on the front. */
function front(candidates: readonly Candidate[]): FrontPoint[] {
  const ordered = [...candidates].sort((a, b) => firstDifference(a.costs, b.costs) || a.point.index - b.point.index);
  const kept: Candidate[] = [];
  // Whoever beats a candidate stands before it, and is kept or beaten by one that is.
  for (const candidate of ordered) {
    if (!kept.some((one) => beats(one.costs, candidate.costs))) kept.push(candidate);
  }
  return kept.map(({ point }) => point);
}

function firstDifference(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((cost, index) => cost !== b[index]);
  return at < 0 ? 0 : a[at] - b[at];
}

/** As good in everything, and better in something. */
function beats(a: readonly number[], b: readonly number[]): boolean {
  return a.every((cost, at) => cost <= b[at]) && a.some((cost, at) => cost < b[at]);
}
