/**
 * Who translates: everything that follows from (SID, SSID, ASID, VMID, stage), looked up once per translation.
 *
 * Layout: stream s has one row in each column. Rows are given on first sight and never taken back; their number is that
 * of the bindings in the trace, not of its events. `of` finds a row in O(1), the most recent one without a search.
 */
import type { ContextTable } from './cache/context-table.js';

const FIRST_ROWS = 64;

export class Streams {
  count = 0;
  sid = new Float64Array(FIRST_ROWS);
  /** (VMID, ASID), or (VMID, none) if only stage 2 translates. */
  translation: Int32Array = new Int32Array(FIRST_ROWS);
  /** (VMID, none). */
  stage2: Int32Array = new Int32Array(FIRST_ROWS);
  /** (SID, SSID or none), the context of ATC entries. */
  stream: Int32Array = new Int32Array(FIRST_ROWS);
  /** (SID, SSID or 0), the context of configurations. */
  config: Int32Array = new Int32Array(FIRST_ROWS);
  private ssid: Int32Array = new Int32Array(FIRST_ROWS);
  private asid: Int32Array = new Int32Array(FIRST_ROWS);
  private vmid: Int32Array = new Int32Array(FIRST_ROWS);
  private index = new Int32Array(FIRST_ROWS * 4);
  private recent = 0;
  private readonly translations: ContextTable;
  private readonly streams: ContextTable;

  constructor(translations: ContextTable, streams: ContextTable) {
    this.translations = translations;
    this.streams = streams;
  }

  /** Row of the binding; `asid` −1 means that only stage 2 translates, `ssid` −1 that there is none. */
  of(sid: number, ssid: number, asid: number, vmid: number): number {
    const { recent } = this;
    if (this.matches(recent, sid, ssid, asid, vmid)) return recent;
    const { index } = this;
    const mask = index.length - 1;
    let at = hash(sid, ssid, asid, vmid) & mask;
    for (;;) {
      const row = index[at] - 1;
      if (row < 0) break;
      if (this.matches(row, sid, ssid, asid, vmid)) {
        this.recent = row;
        return row;
      }
      at = (at + 1) & mask;
    }
    this.recent = this.add(sid, ssid, asid, vmid);
    return this.recent;
  }

  private matches(row: number, sid: number, ssid: number, asid: number, vmid: number): boolean {
    return (
      row < this.count &&
      this.sid[row] === sid &&
      this.ssid[row] === ssid &&
      this.asid[row] === asid &&
      this.vmid[row] === vmid
    );
  }

  private add(sid: number, ssid: number, asid: number, vmid: number): number {
    if (this.count === this.sid.length) this.grow();
    const row = this.count++;
    this.sid[row] = sid;
    this.ssid[row] = ssid;
    this.asid[row] = asid;
    this.vmid[row] = vmid;
    this.translation[row] = this.translations.intern(vmid, asid);
    this.stage2[row] = this.translations.intern(vmid, -1);
    this.stream[row] = this.streams.intern(sid, ssid);
    this.config[row] = this.streams.intern(sid, Math.max(0, ssid));
    this.place(row);
    return row;
  }

  private place(row: number): void {
    const mask = this.index.length - 1;
    let at = hash(this.sid[row], this.ssid[row], this.asid[row], this.vmid[row]) & mask;
    while (this.index[at] !== 0) at = (at + 1) & mask;
    this.index[at] = row + 1;
  }

  private grow(): void {
    const rows = this.count * 2;
    const sid = new Float64Array(rows);
    sid.set(this.sid);
    this.sid = sid;
    this.translation = wider(this.translation, rows);
    this.stage2 = wider(this.stage2, rows);
    this.stream = wider(this.stream, rows);
    this.config = wider(this.config, rows);
    this.ssid = wider(this.ssid, rows);
    this.asid = wider(this.asid, rows);
    this.vmid = wider(this.vmid, rows);
    this.index = new Int32Array(rows * 4);
    for (let row = 0; row < this.count; row++) this.place(row);
  }
}

function wider(column: Int32Array, rows: number): Int32Array {
  const copy = new Int32Array(rows);
  copy.set(column);
  return copy;
}

function hash(sid: number, ssid: number, asid: number, vmid: number): number {
  let mixed = Math.imul(sid | 0, 0x9e3779b1) ^ Math.imul(ssid, 0x85ebca6b);
  mixed ^= Math.imul(asid, 0xc2b2ae35) ^ Math.imul(vmid, 0x27d4eb2f);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
}
