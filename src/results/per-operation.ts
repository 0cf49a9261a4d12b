/** Which metrics may be compared between different recordings: what is per operation or per unmap, never a total. */

/** Statistics of a distribution that do not grow with the number of samples, as the largest of them does. */
const STATISTIC = /^(latency|guest|host|commands_per_sync)\b.*\.(mean|p50|p90|p99|p99_9)(_ns)?$/;
/** Stages of the mean; divided by the unmaps; divided by the guest's commands; a part of the time. */
const EACH =
  /^(latency\.breakdown_ns\.[^.]+|per_unmap\.(ns|host_commands|exits)|amplification\.host_per_guest|latency\.estimate_share)$/;

/** True if `metric`, a dotted path, is the same however long a guest was recorded. */
export function isPerOperation(metric: string): boolean {
  return STATISTIC.test(metric) || EACH.test(metric);
}
