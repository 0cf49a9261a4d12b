/**
 * What the structures answered to the last translation, for whoever puts it on simulated time.
 */

/** Where the translation was found; from `Tcu` on the TBU missed. */
export const enum HitLevel {
  Atc = 0,
  Utlb = 1,
  Main = 2,
  Tcu = 3,
  Walk = 4,
}

/** One object per SMMU, overwritten by each translation. */
export class Answer {
  /** HitLevel. */
  level: number = HitLevel.Utlb;
  /** Configuration: lookup and fetches, ns. */
  configNs = 0;
  /** Walk: set-up, walk cache probes and reads, ns. */
  walkNs = 0;
}
