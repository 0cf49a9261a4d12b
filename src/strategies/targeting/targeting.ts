/**
 * The targeting axis: which streams receive an ATC invalidation that the guest addressed to one (design §5).
 *
 * Contract: `targets` returns the streams in sending order, the named one first; -1 stands for a stream that the recording
 * does not name; none means that the guest's command does nothing. The returned array is valid until the next call.
 */
import type { Topology } from '../../topology/topology.js';
import type { InstanceRouting } from '../routing/routing.js';

/** Chooses the streams of one ATC_INV. */
export interface AtcTargeting {
  targets(sid: number): readonly number[];
  /** Every TLBI is followed by ATC_INVs of its range to the ATS streams of its domain (see HostCommandSink). */
  readonly derivesFromTlbi?: boolean;
}

/** A targeting as the registry lists it. */
export interface TargetingDefinition {
  readonly name: string;
  readonly summary: string;
  /** `routing` says how the VM’s SMMUs are divided among vSMMUs. */
  create(topology: Topology, routing: InstanceRouting): AtcTargeting;
}
