/**
 * The TLBIs of one guest queue that an ATC_INV behind them may race with (see refill-races.ts): those of the publication under
 * way, and those of earlier ones that no CMD_SYNC of the guest follows.
 *
 * Layout: a ring of raw commands; number k (counted from 0 by this class) is in row k mod ROWS, a power of two. Bounded: with
 * more than ROWS outstanding the oldest are forgotten, so that a race may be missed but is never invented. Raw words, because
 * a TLBI is only decoded when an ATC_INV asks.
 */
import { Domain, Scope } from '../smmu/scope.js';
import type { Topology } from '../topology/topology.js';
import { opcodeOf } from '../trace/command.js';
import { Opcode } from '../trace/opcodes.js';
import { mayTranslateWith } from './refill-races.js';

const ROWS = 256;
const MASK = ROWS - 1;

export class OpenTlbis {
  private readonly c0Low = new Uint32Array(ROWS);
  private readonly c0High = new Uint32Array(ROWS);
  private readonly c1Low = new Uint32Array(ROWS);
  private readonly c1High = new Uint32Array(ROWS);
  private readonly number = new Float64Array(ROWS);
  private head = 0;
  private tail = 0;
  /** What is before it has a SYNC of the guest behind it. */
  private synced = 0;
  private readonly scope = new Scope();

  constructor(private readonly topology: Topology) {}

  /** The guest's command `number` (`numberOf`) is, or leads to, this TLBI. */
  push(c0Low: number, c0High: number, c1Low: number, c1High: number, number: number): void {
    const row = this.tail++ & MASK;
    if (this.tail - this.head > ROWS) this.head++;
    this.c0Low[row] = c0Low;
    this.c0High[row] = c0High;
    this.c1Low[row] = c1Low;
    this.c1High[row] = c1High;
    this.number[row] = number;
  }

  /** The guest has written a CMD_SYNC. */
  sync(): void {
    this.synced = this.tail;
  }

  /** The publication is complete: the guest waits for its last SYNC before it goes on. */
  published(): void {
    if (this.synced > this.head) this.head = this.synced;
  }

  /** Number of the latest TLBI here from whose entries the device of this ATC_INV, sent to `sid`, could refill; 0: none. */
  refilling(c0Low: number, c0High: number, c1Low: number, c1High: number, sid: number): number {
    const { scope, topology, head } = this;
    if (this.tail === head || !topology.hasAts(sid)) return 0;
    scope.decode(c0Low, c0High, c1Low, c1High, sid);
    const { firstPage, lastPage } = scope;
    // No PASID named: of every PASID and of none.
    const ssid = Math.max(-1, scope.member);
    const devices = topology.list();
    let device = 0;
    while (devices[device].sid !== sid) device++;
    for (let at = this.tail - 1; at >= head; at--) {
      const row = at & MASK;
      scope.decode(this.c0Low[row], this.c0High[row], this.c1Low[row], this.c1High[row], -1);
      if (scope.domain !== Domain.Translation) continue;
      // An intermediate address may be behind any address of the device.
      const isAnywhere = opcodeOf(this.c0Low[row]) === Opcode.TLBI_S2_IPA;
      if (!isAnywhere && (scope.firstPage > lastPage || scope.lastPage < firstPage)) continue;
      if (mayTranslateWith(devices[device], ssid, Math.max(-1, scope.member))) return this.number[row];
    }
    return 0;
  }
}
