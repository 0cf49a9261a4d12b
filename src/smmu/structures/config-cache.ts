import { Structures } from '../counters.js';
import { Domain } from '../scope.js';
import { type CommonParts, createStructure } from './parts.js';
import type { Structure } from './structure.js';

/**
 * The configuration cache: one entry per (SID, SSID) with the decoded STE and CD (facts M §1.3). A stream without
 * SubstreamID uses the CD of SSID 0 and is filed there. CFGI_STE drops a stream, CFGI_STE_RANGE an aligned block of
 * 2^(RANGE+1) streams (31 = all), CFGI_CD one (SID, SSID), CFGI_CD_ALL a stream; TLBIs do not touch it.
 */
export function createConfigCache(common: CommonParts): Structure | null {
  return createStructure(common, { kind: Structures.Config, prefix: 'cache.config', domain: Domain.Config });
}
