/** The columns of the tables of results, each declared once, in the order in which tables show them. */
import { METRICS } from '../metrics/registry.js';
import { atPath, type ComparedRow, type ReportColumn } from './column.js';

/** Mean time of an operation as a multiple of the baseline's; null: one of them has none. */
export function versusBaseline({ result, baseline }: ComparedRow): number | null {
  const base = baseline?.latency.operation.mean_ns ?? 0;
  return base > 0 && result.latency.operation.count > 0 ? result.latency.operation.mean_ns / base : null;
}

/** Stall that the guest is spared; null in the baseline's own row. */
function savedNs({ result, baseline }: ComparedRow): number | null {
  if (baseline === undefined || baseline === result) return null;
  return baseline.guest.stall_total_ns - result.guest.stall_total_ns;
}

/** All of them. */
export const COLUMNS: readonly ReportColumn[] = [
  {
    name: 'strategy',
    heading: 'strategy',
    meaning: 'the path: its name with the options that are not at their default',
    drop: 0,
    value: ({ result }) => result.strategy,
  },
  { name: 'atc', heading: 'atc', meaning: 'ATC targeting', drop: 0, value: ({ result }) => result.atc },
  atPath({
    name: 'ops',
    meaning: 'operations with a CMD_SYNC that ends them: what mean and percentiles are of',
    path: 'latency.operation.count',
    drop: 5,
  }),
  atPath({
    name: 'mean',
    meaning: 'mean time for which the path holds a vCPU in an operation',
    path: 'latency.operation.mean_ns',
    drop: 0,
  }),
  atPath({ name: 'p50', meaning: 'median of that time', path: 'latency.operation.p50_ns', drop: 14 }),
  atPath({ name: 'p90', meaning: '90th percentile of it', path: 'latency.operation.p90_ns', drop: 15 }),
  atPath({ name: 'p99', meaning: '99th percentile of it', path: 'latency.operation.p99_ns', drop: 1 }),
  atPath({ name: 'p99.9', meaning: '99.9th percentile of it', path: 'latency.operation.p99_9_ns', drop: 16 }),
  atPath({ name: 'max', meaning: 'the slowest operation', path: 'latency.operation.max_ns', drop: 13 }),
  {
    name: 'vs base',
    heading: 'vs baseline',
    short: 'vs base',
    unit: 'ratio',
    meaning: 'mean as a multiple of the mean of the baseline’s row, the one that the line below the table names',
    drop: 0,
    needsBaseline: true,
    value: versusBaseline,
  },
  {
    name: 'saved',
    heading: 'saved',
    unit: 'ns',
    meaning: 'stall that the guest is spared: guest.stall_total_ns of the baseline’s row less that of this one',
    drop: 2,
    needsBaseline: true,
    value: savedNs,
  },
  atPath({
    name: 'stall',
    meaning: 'for how long the guest waits in all, unfinished operations included',
    path: 'guest.stall_total_ns',
    drop: 10,
  }),
  atPath({
    name: 'est %',
    meaning: 'part of the time, waits left out, that rests on parameters tagged as estimates',
    path: 'latency.estimate_share',
    drop: 3,
  }),
  ...METRICS.flatMap(({ column }) => (column === undefined ? [] : [atPath(column)])),
  atPath({
    name: 'guest cmds',
    meaning: 'commands that the guest published',
    short: 'guest',
    path: 'amplification.guest_commands',
    drop: 12,
  }),
  atPath({
    name: 'host cmds',
    meaning: 'commands that the physical SMMU executed for them',
    short: 'host',
    path: 'amplification.host_commands',
    drop: 11,
  }),
  atPath({
    name: 'h/g',
    meaning: 'host commands per guest command',
    heading: 'host/guest',
    short: 'h/g',
    path: 'amplification.host_per_guest',
    drop: 6,
  }),
  atPath({
    name: 'added SYNCs',
    meaning: 'CMD_SYNCs that the host inserted',
    short: 'syncs',
    path: 'amplification.added_syncs',
    drop: 17,
  }),
  atPath({
    name: 'exits',
    meaning: 'traps by the guest, to user space and to the host kernel',
    path: 'amplification.exits',
    drop: 4,
  }),
  atPath({ name: 'ioctls', meaning: 'invalidation ioctls of the VMM', path: 'amplification.ioctls', drop: 7 }),
  atPath({
    name: 'pcie',
    meaning: 'ATS invalidate messages on PCIe',
    heading: 'PCIe invalidations',
    short: 'pcie',
    path: 'amplification.pcie_invalidations',
    drop: 17,
  }),
  atPath({
    name: 'host cpu',
    meaning: 'host CPU time of the threads that serve the guest, per operation',
    heading: 'host cpu/op',
    short: 'host cpu',
    path: 'host.cpu_ns_per_operation',
    drop: 9,
  }),
  atPath({
    name: 'miss/tr',
    meaning:
      'part of all translations that miss the main TLB: what the micro TLB, or a device’s ATC, answers is no miss',
    heading: 'misses/translation',
    short: 'miss/tr',
    path: 'tlb.misses_per_translation',
    drop: 8,
  }),
  atPath({
    name: 'micro hits',
    meaning: 'part of all translations that the micro TLB answers before the main TLB is asked',
    heading: 'micro TLB hits',
    short: 'utlb hit',
    path: 'tlb.micro_hit_share',
    drop: 15,
  }),
  atPath({
    name: 'misses',
    meaning: 'lookups of the main TLB that miss; it is asked only for what the micro TLB does not hold',
    heading: 'main TLB misses',
    short: 'misses',
    path: 'tlb.main.misses',
    drop: 16,
  }),
  atPath({
    name: 'walk reads',
    meaning: 'memory reads of page table walks',
    short: 'reads',
    path: 'tlb.walk_reads',
    drop: 12,
  }),
  atPath({
    name: 'translation',
    meaning: 'mean time of a device’s translation',
    short: 'transl',
    path: 'latency.translation.mean_ns',
    drop: 11,
  }),
  atPath({
    name: 'stale',
    meaning: 'uses of a translation after the guest had seen the CMD_SYNC of a command that covers it',
    heading: 'stale after SYNC',
    short: 'stale',
    path: 'safety.stale_after_sync',
    drop: 0,
  }),
  atPath({
    name: 'races',
    meaning: 'ATC_INVs after which an ATC may refill from the TLB; possible, not observed',
    heading: 'ATC refill races',
    short: 'races',
    path: 'safety.atc_refill_races',
    drop: 17,
  }),
];

/**
 * The columns called `names`, in that order: for a table that always has the same.
 * @throws Error for a name that is not in the registry, which is a defect
 */
export function columnsNamed(...names: readonly string[]): ReportColumn[] {
  return names.map((name) => {
    const found = COLUMNS.find((column) => column.name === name);
    if (found === undefined) throw new Error(`no column is called ${name}`);
    return found;
  });
}

/** What a study shows of a point, if nobody says what: all are numbers of one result. */
export const STUDY_COLUMNS = columnsNamed('mean', 'p99', 'host cpu', 'stall', 'miss/tr', 'walk reads', 'translation');
