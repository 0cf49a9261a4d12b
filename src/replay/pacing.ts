/**
 * When a vCPU publishes its next submission (design §6).
 *
 * `closed`: the trace's think time between seeing a SYNC complete and the next publication is kept. `recorded`: the
 * trace's times are kept (open loop). `asap`: no think time.
 */
export const PACINGS = ['closed', 'recorded', 'asap'] as const;
export type Pacing = (typeof PACINGS)[number];

/**
 * Simulated time of the next publication, ns.
 * @param doorbellNs trace time of the doorbell, relative to the trace's start
 * @param previousSeenNs trace time at which this vCPU saw its previous submission complete, relative likewise
 * @param previousEndNs simulated time at which it did
 */
export function dueNs(pacing: Pacing, doorbellNs: number, previousSeenNs: number, previousEndNs: number): number {
  if (pacing === 'recorded') return doorbellNs;
  if (pacing === 'asap') return previousEndNs;
  return previousEndNs + Math.max(0, doorbellNs - previousSeenNs);
}
