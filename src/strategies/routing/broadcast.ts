import type { RoutingDefinition } from './routing.js';

/** One vSMMU for all: the VMM cannot tell where a TLBI matters and replicates it to every physical SMMU. */
export const broadcastInstances: RoutingDefinition = {
  name: 'broadcast',
  summary: 'one vSMMU in front of all SMMUs; the VMM replicates every TLBI to each of them',
  create: (topology) => ({ smmus: () => topology.allSmmus, vsmmuOf: () => topology.allSmmus }),
};
