import { Structures } from '../counters.js';
import { Domain } from '../scope.js';
import { type CommonParts, createStructure } from './parts.js';
import type { Structure } from './structure.js';

/**
 * The address translation cache of one ATS device: entries of any page size under (SID, SSID or none). Only ATC_INV
 * removes them: a naturally aligned range of 2^SIZE pages (52 = all), in every PASID and in none unless SSV names one
 * (facts L §1.3). A TLBI does not reach it; that is why the driver sends both.
 */
export function createDeviceAtc(common: CommonParts, entries: number): Structure | null {
  return createStructure(common, { kind: Structures.Atc, prefix: 'atc', domain: Domain.Atc, entries });
}
