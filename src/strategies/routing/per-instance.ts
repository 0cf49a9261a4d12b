import { asidNamedBy } from '../atc-range.js';
import type { RoutingDefinition } from './routing.js';

/**
 * One vSMMU per physical SMMU, as the kernel's objects demand: a VM with devices behind k SMMUs sends an ASID's TLBIs to
 * those that a domain spans (facts L §5.1). Where the topology file names the vSMMU of a guest queue, its commands go
 * there. A trace recorded in front of one vSMMU is divided as such a guest would: a TLBI with an ASID goes to every SMMU
 * that has ever translated with it, every other TLBI to all.
 */
export const perInstance: RoutingDefinition = {
  name: 'per-instance',
  summary: 'one vSMMU per physical SMMU; a TLBI goes where its domain has devices',
  create: (topology) => ({
    smmus(c0Low, c0High, queue) {
      const own = topology.smmuOfQueue(queue);
      if (own >= 0) return 1 << own;
      const asid = asidNamedBy(c0Low, c0High);
      return asid < 0 ? topology.allSmmus : topology.smmusOfAsid(asid, queue);
    },
    vsmmuOf: (sid) => 1 << topology.smmuOf(sid),
  }),
};
