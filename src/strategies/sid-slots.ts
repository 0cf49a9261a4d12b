/**
 * SID match slots of the hardware queues of one VM: a stream needs one before its ATC_INV can run there (facts L §6.1).
 *
 * Real slots are given when a vDEVICE is made; a trace does not tell when, so here they go to streams in the order in which
 * the guest first invalidates them. A slot is never given back: an answer for a stream stays what it was.
 */
export class SidSlots {
  private readonly holders = new Set<number>();

  constructor(private readonly capacity: number) {}

  /** True if `sid` has a slot or gets one now. -1 (not recorded) never needs one. */
  claim(sid: number): boolean {
    if (sid < 0 || this.holders.has(sid)) return true;
    if (this.holders.size >= this.capacity) return false;
    this.holders.add(sid);
    return true;
  }

  /** True if `sid` has a slot. */
  has(sid: number): boolean {
    return sid < 0 || this.holders.has(sid);
  }
}
