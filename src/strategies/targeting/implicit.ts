import type { TargetingDefinition } from './targeting.js';

/**
 * VT-d style: the host derives the ATC invalidations from each TLBI, for every ATS device of its domain, and the guest's own
 * ATC_INV does nothing (facts L §0.1, "VT-d contrast": nested invalidation implies the device-TLB flush).
 *
 * A CMD_SYNC stands between a TLBI and its ATC_INVs on every path (QueueVerbs.listLength), as in the Linux driver's own unmaps
 * (facts L §1.4). On a transport whose queue the guest owns (`hw-vcmdq`, `native`) this is a what-if: no SMMU derives them;
 * the guest's driver is taken to close its list with the SYNC, wait, and go on with the ATC_INVs. An ATC_INV that
 * follows no TLBI (attach, detach) is left to the host's own attach; the safety oracle does not judge it.
 */
export const implicit: TargetingDefinition = {
  name: 'implicit',
  summary: 'ATC_INVs derived from each TLBI for every ATS device of its domain; the guest’s own are no-ops',
  create: () => ({ targets: () => NO_STREAM, derivesFromTlbi: true }),
};

const NO_STREAM: readonly number[] = [];
