/**
 * Pareto fronts: which points are not beaten in both the latency of the guest's operations and the CPU time that the host
 * spends per operation. Only points that differ in nothing but the axes of choice compete.
 */
import type { StrategyResult } from '../results/document.js';
import type { Coordinates, ParetoFront, ParetoSpec, StudyPoint } from '../results/study-document.js';

type Candidate = ParetoFront['points'][number];

/** The fronts of `points`, in the order in which their groups begin; a point without operations is on none. */
export function paretoFronts(points: readonly StudyPoint[], spec: ParetoSpec): ParetoFront[] {
  const groups = new Map<string, { at: ParetoFront['at']; candidates: Candidate[] }>();
  for (const point of points) {
    const candidate = candidateOf(point, spec.latency);
    if (candidate === undefined) continue;
    const at = sharedAxes(point.at, spec.over);
    const key = JSON.stringify(at);
    const group = groups.get(key) ?? { at, candidates: [] };
    groups.set(key, group);
    group.candidates.push(candidate);
  }
  return [...groups.values()].map(({ at, candidates }) => ({ at, points: front(candidates) }));
}

/** CPU time of the host's threads that serve the guest, per operation; its own traffic is not the strategy's doing. */
function hostCpuPerOperation({ host, latency }: StrategyResult): number | undefined {
  const { count } = latency.operation;
  if (count === 0) return undefined;
  let busyNs = 0;
  for (const [thread, ns] of Object.entries(host.cpu_ns)) if (thread !== 'background') busyNs += ns;
  return busyNs / count;
}

function candidateOf({ index, result }: StudyPoint, latency: string): Candidate | undefined {
  const [entry] = result?.results ?? [];
  if (entry === undefined) return undefined;
  const hostCpuNs = hostCpuPerOperation(entry);
  const latencyNs = (entry.latency.operation as unknown as Record<string, unknown>)[latency];
  if (hostCpuNs === undefined || typeof latencyNs !== 'number') return undefined;
  return { index, latency_ns: latencyNs, host_cpu_ns_per_operation: hostCpuNs };
}

function sharedAxes({ set, ...axes }: Coordinates, over: readonly string[]): ParetoFront['at'] {
  const parameters = Object.entries(set).filter(([key]) => !over.includes('set') && !over.includes(key));
  const others = Object.entries(axes).filter(([axis]) => !over.includes(axis));
  return { ...Object.fromEntries(others), ...(parameters.length === 0 ? {} : { set: Object.fromEntries(parameters) }) };
}

/** By latency; at equal latency the cheaper first. Points equal in both are all on the front. */
function front(candidates: readonly Candidate[]): Candidate[] {
  const ordered = [...candidates].sort(
    (a, b) =>
      a.latency_ns - b.latency_ns || a.host_cpu_ns_per_operation - b.host_cpu_ns_per_operation || a.index - b.index,
  );
  const kept: Candidate[] = [];
  for (const candidate of ordered) {
    const last = kept.at(-1);
    const isCheaper = last === undefined || candidate.host_cpu_ns_per_operation < last.host_cpu_ns_per_operation;
    const isEqual =
      last?.latency_ns === candidate.latency_ns &&
      last.host_cpu_ns_per_operation === candidate.host_cpu_ns_per_operation;
    if (isCheaper || isEqual) kept.push(candidate);
  }
  return kept;
}
