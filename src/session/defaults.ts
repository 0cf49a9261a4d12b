/** What holds where nothing is said: on the command line, in the library and at the points of a study alike. */
import { DEFAULT_PROFILE } from '../profiles/default-profile.js';

export const DEFAULTS = {
  profile: DEFAULT_PROFILE,
  pacing: 'closed',
  dma: 'ordered',
  /** Events replayed first without being measured. */
  warmup: 0,
  seed: 0,
  msi: true,
  safety: true,
  lenient: false,
  vms: 1,
  vmShift: '10us',
  /** The host's own invalidations per second. */
  background: 0,
  /** What a comparison compares. */
  strategies: 'ioctl,ioctl-batched,sw-vcmdq,hw-vcmdq,native',
  seeds: 1,
  /** Of all uncertain parameters at once: a recording of 30,000 events takes some seconds on two CPUs. */
  draws: 50,
  across: 'seeds',
  /** Threads of a comparison, on several CPUs: more would exceed what a run may hold in memory. */
  threads: 2,
  /** Points of a study. */
  maxPoints: 10_000,
} as const;

/** The largest values. */
export const LIMITS = { vms: 256, backgroundPerS: 100_000_000, seeds: 1000, draws: 100_000, jobs: 1024 } as const;
