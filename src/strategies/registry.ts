/**
 * All transports by name. A new strategy is one file and one line here.
 */
import type { OptionSpec, TransportDefinition } from './transport.js';
import { ecmdq } from './transports/ecmdq.js';
import { hwVcmdq } from './transports/hw-vcmdq.js';
import { hwVcmdqOverlay } from './transports/hw-vcmdq-overlay.js';
import { ioctl } from './transports/ioctl.js';
import { ioctlBatched } from './transports/ioctl-batched.js';
import { native } from './transports/native.js';
import { swVcmdq } from './transports/sw-vcmdq.js';
import { v1Patch } from './transports/v1-patch.js';
import { vhostIommu } from './transports/vhost-iommu.js';
import { virtioIommu } from './transports/virtio-iommu.js';

/** Every transport, in the order in which `compare` shows them. */
export const TRANSPORTS: readonly TransportDefinition[] = [
  v1Patch,
  ioctl,
  ioctlBatched,
  swVcmdq,
  hwVcmdq,
  hwVcmdqOverlay,
  ecmdq,
  virtioIommu,
  vhostIommu,
  native,
];

/** Names of all strategies. */
export function strategyNames(): string[] {
  return TRANSPORTS.map((transport) => transport.name);
}

/** A strategy as `smmuscope strategies` lists it. */
export interface StrategyListing {
  readonly name: string;
  readonly summary: string;
  readonly defaultAtc: string;
  readonly options: readonly OptionSpec[];
}

/** Every strategy with its options. */
export function listStrategies(): StrategyListing[] {
  return TRANSPORTS.map(({ name, summary, defaultAtc, options }) => ({ name, summary, defaultAtc, options }));
}
