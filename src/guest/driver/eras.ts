/**
 * What differs between guest kernels, as data: when an invalidation without range support gives up on single pages.
 *
 * Source: facts L §2.3 (the driver's history: commit d5afb4b47e13 for the first cap, the common threshold of v7.1).
 */

/** Guest kernels that behave alike, by the version that begins the era. */
export type GuestEra = 'before-6.6' | '6.6-to-7.0' | 'from-7.1';

/** Who asks for the invalidation: the DMA API or VFIO, or the mm notifier of a shared address space. */
export type Invalidator = 'dma' | 'sva';

/** How many single commands an invalidation may take. */
type PageLimit = 'unlimited' | 'threshold';

/** One era's rules. */
export interface EraRules {
  readonly era: GuestEra;
  /** Limit of single-page commands per invalidation, by who asks. */
  readonly pageLimit: Readonly<Record<Invalidator, PageLimit>>;
  readonly source: string;
}

/** Every era, oldest first. */
export const ERAS: readonly EraRules[] = [
  {
    era: 'before-6.6',
    pageLimit: { dma: 'unlimited', sva: 'unlimited' },
    source: 'L §2.3 row 1; the soft lock-up that ended it: L §7.2 N8',
  },
  {
    era: '6.6-to-7.0',
    pageLimit: { dma: 'unlimited', sva: 'threshold' },
    source: 'L §2.3 row 2: d5afb4b47e13, CMDQ_MAX_TLBI_OPS = 1 << (PAGE_SHIFT - 3), SVA only',
  },
  {
    era: 'from-7.1',
    pageLimit: { dma: 'threshold', sva: 'threshold' },
    source: 'L §2.3 row 3: arm_smmu_inv_size_too_big, one threshold for every caller',
  },
];

/** The era of guests that are not said to be of any: it holds the long-term kernels 6.6, 6.12 and 6.18. */
export const DEFAULT_ERA: GuestEra = '6.6-to-7.0';

/** The era of kernel `version` (`6.12`, `6.12.95-arm64`, `v7.1`), or of an era's own name; undefined for anything else. */
export function eraOfKernel(version: string): GuestEra | undefined {
  const named = ERAS.find(({ era }) => era === version);
  if (named !== undefined) return named.era;
  const match = /^v?(\d+)\.(\d+)(?:[.\-+].*)?$/.exec(version);
  if (match === null) return undefined;
  const major = Number(match[1]);
  const minor = Number(match[2]);
  if (major < 6 || (major === 6 && minor < 6)) return 'before-6.6';
  return major < 7 || (major === 7 && minor < 1) ? '6.6-to-7.0' : 'from-7.1';
}

/** Rules of `era`. */
export function rulesOf(era: GuestEra): EraRules {
  const rules = ERAS.find((candidate) => candidate.era === era);
  if (rules === undefined) throw new RangeError(`unknown guest era ${era}`);
  return rules;
}
