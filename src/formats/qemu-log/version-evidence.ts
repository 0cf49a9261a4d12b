/**
 * Which QEMU wrote the log, as far as names and payloads betray it: each adds what only a later version prints.
 */

import { ascii, type LineCursor } from '../text/line-cursor.js';
import { VERSIONS, Version } from './event-names.js';

const STAGE = ascii(' stage=');

/** The latest version that anything in the log gave evidence of. */
export class VersionEvidence {
  private rank: number = Version.Unknown;

  /** Something that only this version and later ones print. */
  atLeast(rank: number): void {
    if (rank > this.rank) this.rank = rank;
  }

  /** Rank of the latest version that anything betrayed. */
  get latest(): number {
    return this.rank;
  }

  /** True as long as nothing in the log shows version `rank` or later. */
  isBefore(rank: number): boolean {
    return this.rank < rank;
  }

  /** `7.2`, `8.x`, `9.x`, `10.x`; empty without evidence. */
  get version(): string {
    return VERSIONS[this.rank];
  }
}

/** ` stage=` at the end of range and success lines, from 9.1; 0 without it. */
export function readOptionalStage(cursor: LineCursor, evidence: VersionEvidence): number {
  if (!cursor.accept(STAGE)) return 0;
  evidence.atLeast(Version.V9);
  return cursor.decimalWithin(1, 3);
}
