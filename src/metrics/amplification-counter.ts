/**
 * Counts commands in and out, traps, system calls and PCIe messages (facts M §5.2 O2–O7, L §5.5).
 */

import { EXTRA_CAUSE_ADDED_SYNC, EXTRA_CAUSES } from '../strategies/extra-causes.js';
import { NamedCounts } from '../strategies/path/named-counts.js';
import type { HwptIoctl } from '../strategies/path/tally.js';
import { Opcode } from '../trace/opcodes.js';

/** Counters of one replay; arrays are indexed by opcode. */
export class AmplificationCounter {
  readonly guest = new Float64Array(256);
  readonly host = new Float64Array(256);
  readonly notForwarded = new Float64Array(256);
  readonly refused = new Float64Array(256);
  readonly swallowed = new Float64Array(256);
  readonly extra = new Float64Array(EXTRA_CAUSES.length);
  private readonly exits = new NamedCounts();
  /** Invalidation ioctls, and those about HWPTs by kind. */
  ioctls = 0;
  readonly hwptIoctls: Record<HwptIoctl, number> = { alloc: 0, attach: 0, destroy: 0 };

  guestCommand(opcode: number, isForwarded: boolean): void {
    this.guest[opcode]++;
    if (!isForwarded) this.notForwarded[opcode]++;
  }

  hostCommand(opcode: number, extraCause: number): void {
    this.host[opcode]++;
    if (extraCause >= 0) this.extra[extraCause]++;
  }

  addedSync(): void {
    this.host[Opcode.SYNC]++;
    this.extra[EXTRA_CAUSE_ADDED_SYNC]++;
  }

  hwptIoctl(kind: HwptIoctl): void {
    this.hwptIoctls[kind]++;
  }

  exit(cause: string): void {
    this.exits.add(cause);
  }

  /** Exits by cause, in the order of their names. */
  exitsByCause(): Record<string, number> {
    return Object.fromEntries(this.exits.entries().sort());
  }
}
