/**
 * The time for which one CPU has its interrupts off, section by section (facts L §3.1).
 *
 * A driver that finds its queue full turns them on again while it waits for room (step 1b there): `leaveOut`. In the model that wait
 * comes behind the reservation, so the parts before and after it count as one section.
 */
import type { ReplayProbe } from './probe.js';

/** Sections of one thread; at most one at a time. */
export class IrqSection {
  /** When the present section began, later by what is left out; -1: interrupts are on. */
  private sinceNs = -1;
  private isHost = false;
  private isMeasured = false;

  constructor(private readonly probe: Pick<ReplayProbe, 'onIrqsOff'>) {}

  /** Interrupts go off at `nowNs`, unless they are. */
  off(isHost: boolean, isMeasured: boolean, nowNs: number): void {
    if (this.sinceNs >= 0) return;
    this.sinceNs = nowNs;
    this.isHost = isHost;
    this.isMeasured = isMeasured;
  }

  /** They have been on for `ns` in between. */
  leaveOut(ns: number): void {
    if (this.sinceNs >= 0) this.sinceNs += ns;
  }

  /** Interrupts go on at `nowNs`, unless they are. */
  on(nowNs: number): void {
    if (this.sinceNs < 0) return;
    this.probe.onIrqsOff(this.isHost, nowNs - this.sinceNs, this.isMeasured);
    this.sinceNs = -1;
  }
}
