/**
 * Which streams an invalidation of an ASID or VMID concerns: the members of its translation domain with an ATC.
 *
 * Learnt from translations: a stream (or one PASID of it) is in the domain of its latest translation. A stream that never
 * translated has nothing in its ATC and is left out; one whose translations do not say their ASID is in every domain. A
 * topology file comes first: only the devices that it lists and does not say `ats: false` of, and their bindings.
 */
import type { TopologyFile } from '../../topology/schema.js';
import { ABSENT, type EventBatch, EventFlag, Outcome } from '../../trace/events.js';

/** One ATC that an invalidation is sent to. */
export interface Member {
  readonly sid: number;
  /** PASID; ABSENT: none. */
  readonly ssid: number;
}

interface Membership extends Member {
  /** ASID or VMID; ABSENT: not known. */
  contextId: number;
  isStage2: boolean;
}

interface Move {
  readonly sid: number;
  readonly asid: number;
  readonly fromNs: number;
}

const SSIDS = 2 ** 21;

export class DomainMembers {
  private readonly members = new Map<number, Membership>();
  private readonly listed: ReadonlySet<number> | undefined;
  private readonly bound = new Set<number>();
  private readonly moves: readonly Move[];
  private nextMove = 0;
  /** Sorted by SID and SSID; made when it is next needed. */
  private sorted: Membership[] | undefined;

  constructor(topology: TopologyFile | undefined) {
    this.listed = topology && new Set(topology.devices.filter(({ ats }) => ats !== false).map(({ sid }) => sid));
    const moves: Move[] = [];
    for (const { sid, asid, from_ns: fromNs } of topology?.bindings ?? []) {
      this.bound.add(sid);
      if (this.hasAtc(sid)) moves.push({ sid, asid, fromNs: fromNs ?? Number.NEGATIVE_INFINITY });
    }
    this.moves = moves.sort((a, b) => a.fromNs - b.fromNs);
  }

  /** Streams and PASIDs with an ATC so far. */
  get size(): number {
    return this.members.size;
  }

  /** Bindings of the file that are due at `timeNs`. */
  reach(timeNs: number): void {
    while (this.nextMove < this.moves.length && this.moves[this.nextMove].fromNs <= timeNs) {
      const { sid, asid } = this.moves[this.nextMove++];
      this.place(sid, ABSENT, asid, false);
    }
  }

  /** Learn from a `dma` row. One that bypasses the SMMU or is aborted by its STE is in no domain. */
  observe(batch: EventBatch, row: number): void {
    const sid = batch.sid[row];
    if (sid === ABSENT || !this.hasAtc(sid) || batch.outcome[row] > Outcome.Fault) return;
    const ssid = batch.ssid[row] > 0 ? batch.ssid[row] : ABSENT;
    if (ssid === ABSENT && this.bound.has(sid)) return;
    const isStage2 = (batch.flags[row] & EventFlag.Stage2) !== 0;
    this.place(sid, ssid, isStage2 ? batch.vmid[row] : batch.asid[row], isStage2);
  }

  /** Members of the domain of an ASID (or of a VMID, for a guest that uses stage 2 only), by SID and SSID. */
  of(contextId: number, isStage2: boolean): Member[] {
    this.sorted ??= [...this.members.values()].sort((a, b) => a.sid - b.sid || a.ssid - b.ssid);
    return this.sorted.filter(
      (member) => member.contextId === ABSENT || (member.contextId === contextId && member.isStage2 === isStage2),
    );
  }

  private hasAtc(sid: number): boolean {
    return this.listed === undefined || this.listed.has(sid);
  }

  private place(sid: number, ssid: number, contextId: number, isStage2: boolean): void {
    const key = sid * SSIDS + ssid + 1;
    const known = this.members.get(key);
    if (known === undefined) {
      this.members.set(key, { sid, ssid, contextId, isStage2 });
      this.sorted = undefined;
    } else if (contextId !== ABSENT) {
      known.contextId = contextId;
      known.isStage2 = isStage2;
    }
  }
}
