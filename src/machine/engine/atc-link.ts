/**
 * Timing of ATC invalidations towards one device: PCIe round trip, serial work in the device, limited requests in flight.
 *
 * A request handed over at t leaves when fewer than `maxOutstanding` are in flight, reaches the device after half a round
 * trip, is worked on after its predecessors, and its completion is back after the other half. With k requests at once and
 * room for them the last completes at rtt + k·exec (facts M §5.2 O8). Round trip and work are estimates (M §4.2).
 */
import type { Actor, Simulator } from '../sim/simulator.js';

/** Path of invalidate requests to one device. */
export class AtcLink implements Actor {
  private deviceFreeNs = 0;
  /** Completion times of the last `maxOutstanding` requests, as a ring. */
  private readonly completions: Float64Array;
  private next = 0;
  private readonly outboundNs: number;
  private readonly actor: number;
  /** References of requests that the device has yet to work off, in order; each has a wake-up of its own. */
  private readonly underWay: number[] = [];
  /** Requests sent. */
  requests = 0;

  constructor(
    private readonly simulator: Simulator,
    /** Told when the device has dropped what the request behind a reference names. */
    private readonly onDropped: (ref: number) => void,
    private readonly rttNs: number,
    private readonly execNs: number,
    maxOutstanding: number,
  ) {
    this.actor = simulator.register(this);
    this.outboundNs = Math.floor(rttNs / 2);
    this.completions = new Float64Array(maxOutstanding);
  }

  /** When the device begins and ends its work on the last request, ns. */
  get lastWorkNs(): readonly [number, number] {
    return [this.deviceFreeNs - this.execNs, this.deviceFreeNs];
  }

  /** Hand over one request at `nowNs`, filed under `ref` (-1: nothing); returns when its completion is back. */
  send(nowNs: number, ref: number): number {
    const leavesNs = Math.max(nowNs, this.completions[this.next]);
    const startsNs = Math.max(leavesNs + this.outboundNs, this.deviceFreeNs);
    this.deviceFreeNs = startsNs + this.execNs;
    const completeNs = this.deviceFreeNs + (this.rttNs - this.outboundNs);
    this.completions[this.next] = completeNs;
    this.next = (this.next + 1) % this.completions.length;
    this.requests++;
    if (ref >= 0) {
      this.underWay.push(ref);
      this.simulator.schedule(this.deviceFreeNs, this.actor);
    }
    return completeNs;
  }

  /** The device has finished its oldest request. */
  wake(): void {
    const ref = this.underWay.shift();
    if (ref !== undefined) this.onDropped(ref);
  }
}
