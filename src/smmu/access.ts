/**
 * The translation that is under way: who asks for which page, and where its counts go. One object per SMMU, overwritten
 * by each translation, so that structures and walker need no long argument lists.
 */
import { COUNTERS, STRUCTURE_NAMES } from './counters.js';

const FIRST_DEVICES = 16;

export class Access {
  /** Number of the trace event, set by whoever drives the SMMU; reported with violations. */
  eventNumber = 0;
  sid = 0;
  /** 4 KiB page number, and its two halves. */
  page = 0;
  low = 0;
  high = 0;
  /** log2 of the page or block in the stage 1 tables (in those of stage 2 if stage 1 does not translate). */
  mappingLog2 = 12;
  /** The same if the trace gives it, 0 if not: the level of its leaf follows from it. */
  leafLog2 = 0;
  /** log2 of the entry that a fill makes: the smaller of both stages. */
  sizeLog2 = 12;
  granuleLog2 = 12;
  /** First row of the device in `deviceCounts`. */
  deviceRow = 0;
  /** Counters per device: row (device · structures + structure), columns of `Counter`; a structure's own are the sums. */
  deviceCounts = new Float64Array(FIRST_DEVICES * STRUCTURE_NAMES.length * COUNTERS);

  /** Make room for devices `0 … devices − 1`. */
  growDevices(devices: number): void {
    const length = devices * STRUCTURE_NAMES.length * COUNTERS;
    if (length <= this.deviceCounts.length) return;
    const wider = new Float64Array(Math.max(length, this.deviceCounts.length * 2));
    wider.set(this.deviceCounts);
    this.deviceCounts = wider;
  }
}
