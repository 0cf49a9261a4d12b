/**
 * What commands do to the structures of one SMMU: a guest command marks what it covers when it is published, a host command
 * removes it when it takes effect. The order of calls is the contract of Smmu (smmu.ts).
 */
import type { PendingCommands } from './causes/pending-commands.js';
import type { Configuration } from './configuration.js';
import type { Devices } from './devices.js';
import { type StaleUse, UNMARKED } from './safety/stale-use.js';
import { Domain, Scope } from './scope.js';
import type { Structure } from './structures/structure.js';
import type { Tbu } from './structures/tbu.js';
import type { WalkCache } from './structures/walk-cache.js';

/** The structures that commands act on; null: not present. */
export interface CommandedStructures {
  /** Grows as streams show. */
  readonly tbus: readonly Tbu[];
  readonly walkS1: WalkCache | null;
  readonly walkS2: WalkCache | null;
  readonly ipa: Structure | null;
  readonly devices: Devices;
  readonly configuration: Configuration;
  /** Null: the stale-use oracle is off. */
  readonly staleUse: StaleUse | null;
}

/** Effects of commands on one SMMU and the ATCs in front of it. */
export class CommandEffects {
  /** ATC_INVs executed, and those of them whose device had no covered entry. */
  atcInvalidations = 0;
  atcUseless = 0;
  private readonly scope = new Scope();

  constructor(
    private readonly structures: CommandedStructures,
    /** The shared TLB, if it has mappings to itself. */
    private readonly tcu: Structure | null,
    /** Null: causes are off. */
    private readonly pending: PendingCommands | null,
    /** A TLBI removes only leaf entries of the level that its TTL names. */
    private readonly isTtlStrict: boolean,
  ) {}

  /** Apply one host command; `targetSid` replaces its StreamID unless negative. Returns the number of entries removed. */
  execute(c0Low: number, c0High: number, c1Low: number, c1High: number, targetSid: number): number {
    const { scope, structures } = this;
    scope.decode(c0Low, c0High, c1Low, c1High, targetSid);
    scope.isTtlStrict = this.isTtlStrict;
    switch (scope.domain) {
      case Domain.Translation:
        return this.invalidateTranslations();
      case Domain.Atc: {
        const atc = structures.devices.atcOf(scope.firstGroup);
        const removed = atc === null ? 0 : atc.mappings.invalidate(scope);
        this.atcInvalidations++;
        if (removed === 0) this.atcUseless++;
        return removed;
      }
      case Domain.Config:
        return structures.configuration.cache?.mappings.invalidate(scope) ?? 0;
      default:
        return 0;
    }
  }

  /** The guest has published command `number` of `queue`: whatever it covers is from now on used at the guest's risk. */
  markStale(c0Low: number, c0High: number, c1Low: number, c1High: number, number: number, queue: number): void {
    const { scope, structures } = this;
    const { staleUse } = structures;
    if (this.pending === null && staleUse === null) return;
    scope.decode(c0Low, c0High, c1Low, c1High, -1);
    // What the guest means is the range, whatever its TTL.
    scope.isTtlStrict = false;
    if (scope.domain === Domain.None) return;
    if (this.pending !== null) this.pending.push(scope, number, queue);
    const mark = staleUse === null ? UNMARKED : staleUse.mark(number, queue);
    if (scope.domain === Domain.Atc) structures.devices.atcOf(scope.firstGroup)?.markOwnStale(scope, mark);
    else if (scope.domain === Domain.Config) structures.configuration.cache?.markOwnStale(scope, mark);
    else this.markTranslationsStale(mark);
  }

  /** The guest has seen a SYNC complete on `queue` that follows its command `number`. */
  syncSeen(number: number, queue: number): void {
    const { staleUse } = this.structures;
    if (staleUse !== null) staleUse.syncSeen(number, queue);
    if (this.pending !== null) this.pending.retire(number, queue);
  }

  private invalidateTranslations(): number {
    const { scope, tcu } = this;
    const { tbus, walkS1, walkS2, ipa } = this.structures;
    let removed = 0;
    for (let i = 0; i < tbus.length; i++) removed += tbus[i].mappings.invalidate(scope);
    if (tcu !== null) removed += tcu.mappings.invalidate(scope);
    if (walkS1 !== null) removed += walkS1.invalidate(scope);
    if (walkS2 !== null) removed += walkS2.invalidate(scope);
    if (ipa !== null) removed += ipa.mappings.invalidate(scope);
    return removed;
  }

  private markTranslationsStale(mark: number): void {
    const { scope, tcu } = this;
    const { tbus, walkS1, walkS2, ipa } = this.structures;
    for (let i = 0; i < tbus.length; i++) tbus[i].markStale(scope, mark);
    if (tcu !== null) tcu.markOwnStale(scope, mark);
    if (walkS1 !== null) walkS1.markStale(scope, mark);
    if (walkS2 !== null) walkS2.markStale(scope, mark);
    if (ipa !== null) ipa.markOwnStale(scope, mark);
  }
}
