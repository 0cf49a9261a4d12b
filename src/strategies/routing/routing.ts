/**
 * The routing axis: which physical SMMUs a guest command goes to when the VM's devices sit behind several (design §5).
 *
 * Contract: `smmus` returns a set of SMMUs, bit s for SMMU s; what is addressed to a stream goes to that stream's SMMU
 * whatever the routing. `queue` is the guest's command queue that the command stands in.
 */
import type { Topology } from '../../topology/topology.js';

/** Chooses the SMMUs of guest commands that name no stream. */
export interface InstanceRouting {
  smmus(c0Low: number, c0High: number, queue: number): number;
  /** SMMUs behind the vSMMU that the guest sees stream `sid` behind, one bit each. */
  vsmmuOf(sid: number): number;
}

/** A routing as the registry lists it. */
export interface RoutingDefinition {
  readonly name: string;
  readonly summary: string;
  create(topology: Topology): InstanceRouting;
}
