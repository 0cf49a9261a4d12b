import type { Mappings } from '../cache/mappings.js';
import { Structures } from '../counters.js';
import { Domain } from '../scope.js';
import { type CommonParts, createStructure } from './parts.js';
import type { Structure } from './structure.js';

/**
 * The micro TLB of a TBU: the first structure that a translation meets there, small and usually fully associative (32
 * entries in gem5, 4–64 in an MMU-700 TBU; facts M §1.2, §3.1). Entries are complete translations of any page size under
 * (VMID, ASID), without a StreamID; a stage-2-only translation has no ASID. Shares the mappings of its TBU.
 */
export function createMicroTlb(common: CommonParts, mappings: Mappings): Structure | null {
  return createStructure(common, { kind: Structures.Utlb, prefix: 'tlb.utlb', domain: Domain.Translation, mappings });
}
