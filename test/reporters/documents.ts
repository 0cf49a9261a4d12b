/** Literal documents for the reporter tests: every number is invented, every shape is that of the contract. */
import type { InspectDocument } from '../../src/analysis/inspect/document.js';
import type { LintDocument } from '../../src/analysis/lint/document.js';
import type { ReaderReport } from '../../src/formats/reader-report.js';
import type {
  ProfileDocument,
  ProfilesDocument,
  StrategiesDocument,
  WorkloadsDocument,
} from '../../src/reporters/listings.js';
import {
  PROFILE_SCHEMA,
  PROFILES_SCHEMA,
  STRATEGIES_SCHEMA,
  WORKLOADS_SCHEMA,
} from '../../src/results/declaration/tags.js';
import type { CacheResult, LatencySummary, ResultDocument, StrategyResult } from '../../src/results/document.js';

/** What stands in lists: with fewer keys than results have. */
type Mismatch = NonNullable<StrategyResult['oracle']>['config']['first'][number];
type Violation = NonNullable<StrategyResult['safety']>['first'][number];

/** A latency summary whose percentiles are fixed multiples of the mean. */
function latency(count: number, meanNs: number): LatencySummary {
  return {
    count,
    mean_ns: meanNs,
    min_ns: Math.round(meanNs * 0.5),
    p50_ns: Math.round(meanNs * 0.9),
    p90_ns: Math.round(meanNs * 1.5),
    p99_ns: Math.round(meanNs * 3),
    p99_9_ns: Math.round(meanNs * 9),
    max_ns: Math.round(meanNs * 40),
    percentiles: 'exact',
    histogram: [
      [1024, 3],
      [2048, 4],
    ],
  };
}

function cache(lookups: number, misses: number): CacheResult {
  return {
    lookups,
    hits: lookups - misses,
    misses,
    miss_ratio: lookups === 0 ? 0 : misses / lookups,
    fills: misses,
    evictions: 12,
    invalidated: misses - 100,
    occupancy: 88,
    misses_by_cause: { cold: 700, capacity: 0, conflict: 5, invalidated: misses - 705, collateral: 0 },
  };
}

/** One strategy's result; the arguments are what the tests vary. */
export function strategyResult(
  strategy: string,
  atc: string,
  meanNs: number,
  hostCommands: number,
  extra: Partial<StrategyResult> = {},
): StrategyResult {
  const guestCommands = 6914;
  return {
    trace: 'rebind-strict.qemu-7.2.log.xz',
    strategy,
    atc,
    latency: {
      operation: latency(3465, meanNs),
      operation_span: latency(3465, meanNs * 1.25),
      submission: latency(3465, meanNs * 0.875),
      command: latency(3449, meanNs * 0.75),
      translation: latency(15880, 400),
      breakdown_ns: {
        exit: meanNs * 0.25,
        vmm_lock: 0,
        vmm: meanNs * 0.125,
        ioctl: meanNs * 0.125,
        queue_wait: 0,
        fetch: meanNs * 0.125,
        execute: meanNs * 0.25,
        sync: meanNs * 0.125,
      },
      breakdown_total_ns: { exit: 0 },
      estimate_share: 0.25,
    },
    operations_unfinished: 0,
    caveats: [],
    guest: {
      stall_ns: latency(3465, meanNs * 0.5),
      stall_total_ns: Math.round(3465 * meanNs),
      stall_unfinished_ns: 0,
      irq_off_ns: latency(3465, meanNs * 0.25),
    },
    per_unmap: { unmaps: 3387, counted_from: 'tlbis', ns: meanNs * 1.0625, host_commands: 2.05, exits: 2 },
    unmaps_per_s: 202.8,

    amplification: {
      guest_commands: guestCommands,
      host_commands: hostCommands,
      host_per_guest: hostCommands / guestCommands,
      added_syncs: 3449,
      exits: 6930,
      exits_by_cause: { prod: 3482, cons_read: 3448 },
      hwpt_ioctls: { alloc: 0, attach: 0, destroy: 0 },
      ioctls: 3449,
      pcie_invalidations: 0,
      guest_by_opcode: { TLBI_NH_VA: 3359, TLBI_NH_ASID: 28, CFGI_STE: 44, SYNC: 3465 },
      host_by_opcode: { TLBI_NH_VA: 3359, TLBI_NH_ASID: 28, SYNC: hostCommands - 3387 },
      not_forwarded_by_opcode: { CFGI_STE: 44, SYNC: 3465 },
      extra_by_cause: { 'added-sync': 3449, 'atc-broadcast': 0 },
    },
    tlb: {
      utlb: cache(15880, 9000),
      main: cache(9000, 7245),
      translations: 15880,
      misses_per_translation: 7245 / 15880,
      micro_hit_share: 6880 / 15880,
      walk_reads: 28980,
    },
    safety: { stale_in_window: 12, stale_after_sync: 0, first: [] },
    host: {
      irq_off_ns: null,
      cpu_ns: { vcpu: 5_200_000, kernel: 2_100_000, worker: 0 },
      cpu_ns_per_operation: 7_300_000 / 3449,
    },
    errors: { refused_by_opcode: {} },
    replay: { vcpus: 2, publications: 3482, unpublished_commands: 3, late_starts: 0 },
    throughput: { duration_ns: 16_700_000_000, submissions_per_s: 207.485, commands_per_s: 414.01 },
    ...extra,
  };
}

/** What a reader reports of a clean trace, but for `extra`. */
function reader(format: string, version: string, extra: Partial<ReaderReport> = {}): ReaderReport {
  return {
    format,
    version,
    time_base: 'clock',
    lines: 10,
    foreign_lines: 0,
    context_lines: 0,
    reconstructed_commands: 0,
    opcode_only_commands: 0,
    translated_from: '',
    translated_commands: 0,
    skipped_rows: 0,
    lossy: [],
    ...extra,
  };
}

/** Provenance of a CSV trace without streams. */
function csvTrace(
  file: string,
  sha256: string,
  extra: Partial<ReaderReport>,
  events: Record<string, number>,
): ResultDocument['provenance']['traces'][number] {
  return { file, sha256, compression: 'none', reader: reader('csv', '', extra), events, topology: { streams: [] } };
}

/** A comparison of six strategies on one trace. */
export const COMPARISON: ResultDocument = {
  schema: 'smmuscope.result/2',
  provenance: {
    tool: { name: 'smmuscope', version: '0.1.0' },
    traces: [
      {
        file: 'rebind-strict.qemu-7.2.log.xz',
        sha256: '00ff',
        compression: 'xz',
        reader: reader('qemu-log', '7.2', {
          lines: 147991,
          lossy: [{ line: 147991, what: 'the last line is cut short', count: 1 }],
        }),
        events: { cmd: 6914, doorbell: 3482, 'sync-done': 3465, dma: 15880 },
        topology: { streams: [{ sid: 8 }, { sid: 16, has_ats: true }] },
      },
    ],
    profile: { name: 'neoverse-mmu700', estimate_share: 0.342 },
    pacing: 'closed',
    dma: 'ordered',
  },
  results: [
    strategyResult('ioctl', 'vsid', 6212.5, 6898),
    strategyResult('ioctl-batched', 'vsid', 5120, 6850),
    strategyResult('sw-vcmdq:worker=poll', 'vsid', 2837, 6914),
    strategyResult('sw-vcmdq:worker=poll', 'broadcast', 2950, 13810),
    strategyResult('hw-vcmdq:lvcmdqs=2', 'vsid', 812, 6914),
    strategyResult('v1-patch', 'broadcast', 50339, 11_234_567, {
      errors: { refused_by_opcode: { TLBI_NSNH_ALL: 1 } },
      oracle: {
        recorded: { compared: 15880, hits: 8635, misses: 7245, mismatches: 0, first: [] },
        config: { compared: 15880, hits: 15869, misses: 10, mismatches: 1, first: [{ line: 17 } as Mismatch] },
      },
      safety: { stale_in_window: 3, stale_after_sync: 17, first: [{ event: 1234, iova: '0xffff0000' } as Violation] },
    }),
  ],
};

/** Two strategies on two traces. */
export const TWO_TRACES: ResultDocument = {
  ...COMPARISON,
  provenance: {
    ...COMPARISON.provenance,
    traces: [csvTrace('a.csv', '00', { skipped_rows: 2 }, { cmd: 4 }), csvTrace('b.csv', '01', {}, { cmd: 4, dma: 2 })],
  },
  results: [
    strategyResult('ioctl', 'vsid', 4000, 10, { trace: 'a.csv' }),
    strategyResult('native', 'vsid', 1000, 10, { trace: 'a.csv' }),
    strategyResult('ioctl', 'vsid', 5000, 10, { trace: 'b.csv', replay: {} as NonNullable<StrategyResult['replay']> }),
    strategyResult('native', 'vsid', 5000, 10, { trace: 'b.csv', replay: {} as NonNullable<StrategyResult['replay']> }),
  ],
};

/** One strategy on a trace without dma events, with violations. */
export const NO_DMA: ResultDocument = {
  ...COMPARISON,
  provenance: { ...COMPARISON.provenance, profile: { name: 'grace-cmdqv' } },
  results: [strategyResult('native', 'vsid', 512, 6914, { tlb: null, safety: null })].map((result) => ({
    ...result,
    latency: { ...result.latency, translation: { ...latency(0, 0), histogram: [] } },
  })),
};

/** One strategy in full. */
export const SINGLE: ResultDocument = { ...COMPARISON, results: [COMPARISON.results[5]] };

const recorded = {
  count: 3464,
  mean_ns: 41000.25,
  min_ns: 1000,
  p50_ns: 38000,
  p90_ns: 70000,
  p99_ns: 210000,
  p99_9_ns: 800000,
  max_ns: 1_200_000,
  percentiles: 'exact',
  histogram: [],
} as const;

/** What is in a trace. */
export const INSPECTION: InspectDocument = {
  schema: 'smmuscope.inspect/1',
  trace: { file: 'rebind-strict.qemu-7.2.log.xz', sha256: 'ab'.repeat(32), compression: 'xz', limited: false },
  reader: {
    format: 'qemu-log',
    version: '7.2',
    time_base: 'clock',
    lines: 147991,
    foreign_lines: 2,
    context_lines: 90000,
    reconstructed_commands: 3387,
    opcode_only_commands: 16,
    translated_from: '',
    translated_commands: 0,
    skipped_rows: 0,
    lossy: [{ line: 147991, what: 'the last line is cut short', count: 1 }],
  },
  transforms: [],
  events: 29741,
  commands: {
    total: 6914,
    unpublished: 3,
    by_opcode: { CFGI_STE: 44, TLBI_NH_ASID: 28, TLBI_NH_VA: 3359, ILLEGAL_0xff: 18, SYNC: 3465 },
    by_vcpu: { 0: 4000, 1: 2914 },
    by_vcpu_opcode: { 0: { TLBI_NH_VA: 2000, SYNC: 2000 }, 1: { SYNC: 1465, TLBI_NH_VA: 1449 } },
    by_sid: { '0x8': 40, '0x10': 4 },
    reserved: { 'TG=0 with NUM, SCALE or TTL non-zero': 2 },
  },
  doorbells: 3482,
  batch_sizes: { 0: 1, 1: 48, 2: 3433 },
  sync_dones: 3465,
  syncs: { total: 3465, commands_per_sync: 3449 / 3465, per_doorbell: { 0: 49, 1: 3401, 2: 32 } },
  doorbells_by_vcpu: { 0: 2000, 1: 1482 },
  inter_arrival: {
    ...recorded,
    histogram: [
      [4, 10],
      [1024, 400],
      [65536, 3000],
    ],
    by_vcpu: { 0: recorded },
  },
  dma: {
    total: 15880,
    msi: 1200,
    by_sid: { '0x8': 15000, '0x10': 880 },
    by_outcome: { hit: 8635, miss: 7245 },
  },
  maps: 0,
  unmaps: 0,
  time: { first_ns: 1_795_426_081_782_847_000, last_ns: 1_795_426_098_500_000_000, span_ns: 16_717_153_000 },
  recorded_latency: { ...recorded, by_vcpu: { 0: recorded, 1: { ...recorded, count: 1 } } },
  page_sizes: { unknown: 10, 4096: 15000, 2097152: 870 },
  asids: { 1: 3300, 2: 87 },
  range_pages: { 1: 3327, 16: 20, 512: 12 },
};

/** A trace that breaks one rule of each severity. */
export const LINT: LintDocument = {
  schema: 'smmuscope.lint/1',
  trace: { file: 'broken.csv', sha256: 'cd'.repeat(32), compression: 'none', limited: false },
  reader: { ...INSPECTION.reader, format: 'csv', version: '', lines: 1201, lossy: [] },
  events: 1200,
  errors: 1,
  warnings: 14,
  notes: 1,
  passed: ['malformed', 'recorder-loss', 'time-order'],
  findings: [
    {
      rule: 'completion-without-sync',
      severity: 'error',
      summary: 'a vCPU sees a completion only of a CMD_SYNC that was published',
      count: 1,
      first: [{ line: 17, what: 'vCPU 0 sees a completion, but no SYNC of it is published' }],
    },
    {
      rule: 'reserved-encoding',
      severity: 'warning',
      summary: 'commands have no combination that the architecture reserves',
      count: 14,
      first: [
        { line: 20, what: 'TLBI_NH_VA: TG=0 with NUM, SCALE or TTL non-zero' },
        { line: 21, what: 'SYNC: CMD_SYNC CS=3' },
      ],
    },
    {
      rule: 'time-gap',
      severity: 'note',
      summary: 'no pause is longer than a second',
      count: 1,
      first: [{ line: 900, what: 'no event for 1.500 s before this one' }],
    },
  ],
};

/** A list of workloads. */
export const WORKLOADS: WorkloadsDocument = {
  schema: WORKLOADS_SCHEMA,
  workloads: [
    {
      name: 'nic-ring',
      summary: 'NIC receive rings in strict mode',
      parameters: [
        { key: 'ring', values: '1..4096', default: '256', help: 'buffers that are mapped at a time, per vCPU' },
        { key: 'ril', values: 'on|off', default: 'on', help: 'range invalidation (IDR3.RIL)' },
      ],
    },
  ],
};

/** A list of strategies, one with options. */
export const STRATEGIES: StrategiesDocument = {
  schema: STRATEGIES_SCHEMA,
  strategies: [
    { name: 'ioctl', summary: 'one ioctl per forwardable command', default_atc: 'vsid', options: [] },
    {
      name: 'sw-vcmdq',
      summary: 'doorbell page and a host worker that reads the guest’s queue',
      default_atc: 'vsid',
      options: [
        { key: 'cons', values: 'shared|trapped', default: 'shared', help: 'where the guest reads CONS' },
        { key: 'worker', values: 'sleep|poll', default: 'sleep', help: 'what the worker does without work' },
      ],
    },
  ],
};

/** Two profiles. */
export const PROFILES: ProfilesDocument = {
  schema: PROFILES_SCHEMA,
  profiles: [
    { name: 'neoverse-mmu700', title: 'Neoverse server, MMU-700', parameters: 60, estimates: 21, default: true },
    {
      name: 'grace-cmdqv',
      title: 'Grace with Tegra241 CMDQV, "virtual" queues',
      parameters: 60,
      estimates: 25,
      default: false,
    },
  ],
};

/** One profile with a derived, an estimated and an overridden value. */
export const PROFILE: ProfileDocument = {
  schema: PROFILE_SCHEMA,
  name: 'neoverse-mmu700',
  title: 'Neoverse server, MMU-700',
  parameters: [
    {
      key: 'smmu.mem_latency_ns',
      value: 120,
      unit: 'ns',
      tag: 'D',
      source: 'facts M 4.2',
      help: 'one memory round trip of the SMMU (Tm): command fetch, PTE read',
      overridden: false,
    },
    {
      key: 'atc.exec_per_request_ns',
      value: 300,
      unit: 'ns',
      tag: 'E',
      source: 'facts M 4.2, between the two published numbers',
      help: 'device: work per invalidate request',
      overridden: false,
    },
    {
      key: 'tlb.main.policy',
      value: 'plru',
      unit: 'name',
      tag: 'U',
      source: '--set on the command line',
      help: 'replacement policy',
      overridden: true,
    },
  ],
};
