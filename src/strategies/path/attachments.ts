/**
 * Streams that a submission makes the host attach: what a virtual SMMU turns the guest's CFGI_STE and CFGI_STE_RANGE into.
 *
 * One entry per stream, in the order of the guest rows that caused it. Rare next to invalidations, hence plain arrays.
 */

/** Commands that the host's own driver sends while it attaches one stream. */
export const enum OwnCommand {
  /** CFGI_STE after a step of the stream table write that is not the last. */
  StepSte = 0,
  /** CFGI_STE after the last step: from here on the stream has its new configuration. */
  FinalSte = 1,
  PrefetchConfig = 2,
  /** ATC_INV of everything, for a stream with an ATC. */
  AtcInv = 3,
}

/** Attachments of one submission. */
export class Attachments {
  count = 0;
  /** Guest row that causes it. */
  readonly row: number[] = [];
  readonly sid: number[] = [];
  /** SMMU behind which the stream sits. */
  readonly smmu: number[] = [];
  /** Steps in which the host writes the STE. */
  readonly steWrites: number[] = [];
  /** A nested HWPT is allocated for it; the one it had is destroyed; it has an ATC. 0 or 1 each. */
  readonly allocates: number[] = [];
  readonly destroys: number[] = [];
  readonly hasAtc: number[] = [];
  /** What the effects of the last CFGI_STE and of the ATC_INV are filed under (see replay/effects.ts). */
  readonly steRef: number[] = [];
  readonly atcRef: number[] = [];

  clear(): void {
    this.count = 0;
  }

  /** Append one; rows must not descend. */
  add(
    row: number,
    sid: number,
    steWrites: number,
    allocates: number,
    destroys: number,
    hasAtc: number,
    steRef: number,
    atcRef: number,
    smmu: number,
  ): void {
    const at = this.count++;
    this.row[at] = row;
    this.sid[at] = sid;
    this.steWrites[at] = steWrites;
    this.allocates[at] = allocates;
    this.destroys[at] = destroys;
    this.hasAtc[at] = hasAtc;
    this.steRef[at] = steRef;
    this.atcRef[at] = atcRef;
    this.smmu[at] = smmu;
  }

  /** Append all of `other`, whose row 0 is this one's row `firstRow`. */
  append(other: Attachments, firstRow: number): void {
    for (let i = 0; i < other.count; i++) {
      this.add(
        firstRow + other.row[i],
        other.sid[i],
        other.steWrites[i],
        other.allocates[i],
        other.destroys[i],
        other.hasAtc[i],
        other.steRef[i],
        other.atcRef[i],
        other.smmu[i],
      );
    }
  }
}
