import { Structures } from '../counters.js';
import { Domain } from '../scope.js';
import { type CommonParts, createStructure } from './parts.js';
import type { Structure } from './structure.js';

/**
 * The IPA cache: completed stage 2 translations under (VMID, no ASID), probed before every stage 2 walk, for table
 * pointers and for the final IPA (facts M §1.2; off in gem5 by default). Commands that name stage 2 drop its entries:
 * S2_IPA by address, S12_VMALL and NSNH_ALL; the NH_ forms leave it alone.
 */
export function createIpaCache(common: CommonParts): Structure | null {
  return createStructure(common, { kind: Structures.Ipa, prefix: 'cache.ipa', domain: Domain.Translation });
}
