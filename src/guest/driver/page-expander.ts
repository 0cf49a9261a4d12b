/**
 * Invalidation without range support: one TLBI per granule, or the whole ASID when that would be too many.
 *
 * Source: facts L §2.3 (arm_smmu_inv_size_too_big and its history), M §5.2 O9.
 */
import { type GuestEra, type Invalidator, rulesOf } from './eras.js';
import { type AddressTlbi, type InvalidationRequest, pagesPerUnit, wholeUnits } from './tlbi.js';

/** What the driver does: single commands, or one command for the whole address space. */
export type Expansion =
  | { readonly kind: 'per-page'; readonly commands: readonly AddressTlbi[] }
  | { readonly kind: 'asid-wide' };

/** Fewest granules that are too many: one table's worth of entries, counted in the granule that was gathered. */
export function pageThreshold(granuleLog2: number): number {
  return 2 ** (granuleLog2 - 3);
}

/**
 * The commands that invalidate `request` for `invalidator` on a kernel of `era`. Size 0 is ASID-wide on every kernel.
 * The threshold is counted in the gathered granule, so 2 MiB blocks reach it only at 512 GiB.
 */
export function expandPages(request: InvalidationRequest, era: GuestEra, invalidator: Invalidator): Expansion {
  const { granuleLog2, leaf } = request;
  const granules = wholeUnits(request, granuleLog2);
  const isLimited = rulesOf(era).pageLimit[invalidator] === 'threshold';
  if (granules === 0 || (isLimited && granules >= pageThreshold(granuleLog2))) return { kind: 'asid-wide' };
  const step = pagesPerUnit(granuleLog2);
  const commands = Array.from({ length: granules }, (_, i) => ({
    num: 0,
    scale: 0,
    tg: 0,
    ttl: 0,
    leaf,
    page: request.page + i * step,
  }));
  return { kind: 'per-page', commands };
}
