import type { Mappings } from '../cache/mappings.js';
import { Structures } from '../counters.js';
import { Domain } from '../scope.js';
import { type CommonParts, createStructure } from './parts.js';
import type { Structure } from './structure.js';

/**
 * The optional TLB of the TCU, shared by all TBUs: gem5's `tlb` (off by default there, facts M §1.2). Entries as in the
 * micro TLB. With a single TBU it shares that TBU's mappings; undefined gives it its own.
 */
export function createSharedTlb(common: CommonParts, mappings: Mappings | undefined): Structure | null {
  return createStructure(common, { kind: Structures.Tcu, prefix: 'tlb.tcu', domain: Domain.Translation, mappings });
}
