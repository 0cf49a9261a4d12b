/**
 * What the golden set replays: every sample trace through every strategy, and option sets that reach what the plain run
 * leaves out. A case is one result document.
 */
import type { RunOptions } from '../../../src/session/run.js';

/** One document of the golden set. */
export interface GoldenCase {
  readonly name: string;
  /** File below `traces/`. */
  readonly trace: string;
  readonly options: RunOptions;
}

const PLAIN: RunOptions = {
  profile: 'neoverse-mmu700',
  set: [],
  strategies: ['all'],
  atc: [],
  pacing: 'closed',
  dma: 'ordered',
  warmup: 0,
  limit: 3000,
  seed: 1,
  msi: true,
  safety: true,
  lenient: false,
  format: undefined,
};

/** Option sets, each with the traces that it runs on. */
const SETS: Readonly<Record<string, { readonly traces: readonly string[] } & Partial<RunOptions>>> = {
  'every strategy': {
    traces: [
      'bigsg-strict.qemu-7.2.log.xz',
      'boot-strict.qemu-7.2.log.xz',
      'faults-strict.qemu-7.2.log.xz',
      'rebind-lazy.qemu-10.0.log.xz',
      'rebind-strict.qemu-7.2.log.xz',
      'stage2-bigsg.qemu-10.0.log.xz',
      'vtd-onedomain-head.qemu-7.2.log.xz',
      'vtd-rebind-4ats-k61.qemu-7.2.log.xz',
      'bigsg-strict.ftrace.txt.xz',
      'rebind-strict.ftrace.txt.xz',
      'vtd-rebind-4ats-k61.ftrace.txt.xz',
      'excerpts/vtd-four-domains.csv.gz',
      'excerpts/vtd-one-domain.csv.gz',
      'csv/ats-four-devices.csv',
      'csv/granules-and-blocks.csv',
      'csv/raw-words.csv',
      'csv/strict-unmap.csv',
    ],
  },
  'timed translations': {
    traces: ['rebind-strict.qemu-7.2.log.xz', 'excerpts/vtd-one-domain.csv.gz', 'bigsg-strict.qemu-7.2.log.xz'],
    dma: 'timed',
    atc: ['broadcast', 'vsid'],
    strategies: ['ioctl', 'sw-vcmdq:worker=adaptive', 'hw-vcmdq', 'native'],
  },
  'as soon as possible, ATC broadcast and by vSID': {
    traces: ['rebind-strict.qemu-7.2.log.xz', 'rebind-lazy.qemu-10.0.log.xz'],
    profile: 'grace-cmdqv',
    pacing: 'asap',
    atc: ['broadcast', 'vsid', 'implicit'],
    strategies: ['ioctl-batched', 'hw-vcmdq', 'ecmdq'],
    transforms: { guestAts: true },
  },
  'timed, with the ATC_INVs of a guest with ATS': {
    traces: ['rebind-strict.qemu-7.2.log.xz'],
    profile: 'grace-cmdqv',
    dma: 'timed',
    pacing: 'recorded',
    strategies: ['v1-patch', 'hw-vcmdq', 'ecmdq'],
    transforms: { guestAts: true },
  },
  'three VMs': {
    traces: ['rebind-strict.qemu-7.2.log.xz', 'stage2-bigsg.qemu-10.0.log.xz'],
    profile: 'a72-mmu600',
    vms: 3,
    vmShiftNs: 100_000,
    strategies: ['ioctl', 'sw-vcmdq', 'hw-vcmdq'],
  },
  'two VMs, timed, background': {
    traces: ['rebind-strict.qemu-7.2.log.xz'],
    vms: 2,
    vmShiftNs: 100_000,
    dma: 'timed',
    backgroundPerS: 20_000,
    strategies: ['ioctl', 'hw-vcmdq-overlay'],
  },
  'warm-up and background': {
    traces: ['bigsg-strict.qemu-7.2.log.xz'],
    profile: 'gem5-default',
    backgroundPerS: 5000,
    warmup: 1000,
    strategies: ['v1-patch', 'native'],
  },
  'random and round-robin replacement, without safety and MSIs': {
    traces: ['bigsg-strict.qemu-7.2.log.xz'],
    set: [
      'tlb.main.entries=64',
      'tlb.main.policy=random',
      'tlb.utlb.entries=8',
      'cache.walk_s1.policy=round-robin',
      'tlb.tcu.enable=true',
    ],
    seed: 9,
    safety: false,
    msi: false,
    strategies: ['ioctl', 'ioctl-batched'],
  },
  'rrip, a shared TLB': {
    traces: ['bigsg-strict.qemu-7.2.log.xz', 'stage2-bigsg.qemu-10.0.log.xz'],
    set: ['tlb.main.entries=64', 'tlb.main.ways=4', 'tlb.main.policy=rrip', 'tlb.tcu.enable=true'],
    strategies: ['v1-patch', 'native'],
  },
  'injected errors': {
    traces: ['rebind-strict.qemu-7.2.log.xz'],
    faults: ['illegal@10', 'unknown-vsid@25', 'unknown-vsid:CFGI_CD@40'],
    strategies: ['ioctl', 'ioctl-batched', 'hw-vcmdq', 'sw-vcmdq', 'v1-patch', 'native'],
  },
  'a silent device, timed': {
    traces: ['rebind-strict.qemu-7.2.log.xz'],
    faults: ['illegal@10', 'silent-device=8'],
    dma: 'timed',
    strategies: ['ioctl', 'hw-vcmdq', 'native'],
    transforms: { guestAts: true },
  },
  'a change of paths': {
    traces: ['rebind-strict.qemu-7.2.log.xz'],
    migrate: { atNs: 50_000_000, to: 'hw-vcmdq' },
    strategies: ['ioctl', 'sw-vcmdq'],
  },
  'a lazy guest': {
    traces: ['bigsg-strict.ftrace.txt.xz'],
    strategies: ['v1-patch', 'native', 'virtio-iommu'],
    transforms: { guestLazy: true, guestRil: 'off' },
  },
  'the models of QEMU': { traces: ['bigsg-strict.qemu-7.2.log.xz'], profile: 'qemu-iotlb', strategies: ['native'] },
  'the models of QEMU’s VT-d': {
    traces: ['vtd-rebind-4ats-k61.qemu-7.2.log.xz'],
    profile: 'qemu-vtd-iotlb',
    strategies: ['native'],
  },
};

/** Every case, in the order of the stored hashes. */
export const GOLDEN_CASES: readonly GoldenCase[] = Object.entries(SETS).flatMap(([name, { traces, ...own }]) =>
  traces.map((trace) => ({ name: `${name}: ${trace}`, trace, options: { ...PLAIN, ...own } })),
);
