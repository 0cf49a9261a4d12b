import type { Mappings } from '../cache/mappings.js';
import { Structures } from '../counters.js';
import { Domain } from '../scope.js';
import { type CommonParts, createStructure } from './parts.js';
import type { Structure } from './structure.js';

/**
 * The main TLB of a TBU (MTLB of the MMU-700), behind its micro TLB: 2048 entries in 4 ways in gem5, 32–65536 in an
 * MMU-700 TBU (facts M §1.2, §3.1). Entries as in the micro TLB. Shares the mappings of its TBU.
 */
export function createMainTlb(common: CommonParts, mappings: Mappings): Structure | null {
  return createStructure(common, { kind: Structures.Main, prefix: 'tlb.main', domain: Domain.Translation, mappings });
}
