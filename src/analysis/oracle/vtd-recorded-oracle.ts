/**
 * Holds the hits and misses of a recorded VT-d against the exact model of QEMU's (profile `qemu-vtd-iotlb`), and says what
 * the eight-bit address mask of that model costs.
 *
 * Two more things than RecordedOracle: a second model without the quirk runs beside the first, so that the report can say
 * how many lookups would have gone differently; and every predicted miss has a cause, `collateral` where the model without
 * the quirk hits. The context cache is asked on a miss of the IOTLB only, as in QEMU.
 */
import { type EventBatch, EventFlag, EventKind, Outcome } from '../../trace/events.js';
import { ConfigCacheOracle } from './config-cache-oracle.js';
import { compare, emptyAgreement, type OracleAgreement, type OracleReport } from './recorded-oracle.js';
import { type LossCause, VtdIotlb } from './vtd-iotlb.js';

/** JSON of `results[].oracle` of a VT-d recording. */
export interface VtdOracleReport extends OracleReport {
  readonly recorded: OracleAgreement & { readonly misses_by_cause: Record<LossCause | 'collateral', number> };
  /** What the eight-bit mask of page-selective invalidations costs. */
  readonly quirk: {
    /** Entries removed that no descriptor asked for. */
    collateral_entries: number;
    /** Lookups that a model without the quirk predicts differently. */
    differing_lookups: number;
    /** Misses of that model. */
    misses_without: number;
  };
}

const CONFIG_FLAGS = EventFlag.ConfigHit | EventFlag.ConfigMiss;

/** Consumes a trace and counts agreement. */
export class VtdRecordedOracle {
  readonly result: VtdOracleReport = {
    recorded: { ...emptyAgreement(), misses_by_cause: { cold: 0, capacity: 0, invalidated: 0, collateral: 0 } },
    config: emptyAgreement(),
    quirk: { collateral_entries: 0, differing_lookups: 0, misses_without: 0 },
  };
  readonly iotlb: VtdIotlb;
  private readonly clean: VtdIotlb;
  private readonly config = new ConfigCacheOracle();

  /** @param quirk false tests what a model without the eight-bit mask would predict */
  constructor({ entries, quirk = true }: { entries?: number; quirk?: boolean } = {}) {
    this.iotlb = new VtdIotlb(entries, quirk);
    this.clean = new VtdIotlb(entries, false);
  }

  /** Take the next batch of the trace. */
  consume(batch: EventBatch): void {
    const { kind, flags, cmd0Low, cmd0High, cmd1Low, cmd1High } = batch;
    for (let row = 0; row < batch.count; row++) {
      if (kind[row] === EventKind.Dma) this.translate(batch, row);
      else if (kind[row] === EventKind.Cmd && (flags[row] & EventFlag.OpcodeOnly) === 0) {
        this.iotlb.execute(cmd0Low[row], cmd0High[row], cmd1Low[row], cmd1High[row]);
        this.clean.execute(cmd0Low[row], cmd0High[row], cmd1Low[row], cmd1High[row]);
        this.config.execute(cmd0Low[row], cmd0High[row], cmd1Low[row]);
      }
    }
    this.result.quirk.collateral_entries = this.iotlb.collateral;
  }

  private translate(batch: EventBatch, row: number): void {
    const outcome = batch.outcome[row];
    // A fault fills nothing, and a row that was not translated looked nothing up.
    if (outcome > Outcome.Miss) return;
    const sid = batch.sid[row];
    const page = batch.iovaPage[row];
    const { iotlb, clean, config } = this;
    const { recorded, quirk, config: configuration } = this.result;
    const predictsHit = iotlb.lookup(sid, page);
    const cleanHit = clean.lookup(sid, page);
    const cleanCause = cleanHit ? 'cold' : clean.missCause(sid, page);
    if (!cleanHit) quirk.misses_without++;
    if (cleanHit !== predictsHit) quirk.differing_lookups++;
    if (!cleanHit) clean.fill(sid, batch.asid[row], page, batch.pageSizeLog2[row]);
    if (!predictsHit) {
      // A miss is collateral if exact invalidations would have left a hit (O23); else exact ones explain it.
      recorded.misses_by_cause[cleanHit ? 'collateral' : cleanCause]++;
      iotlb.fill(sid, batch.asid[row], page, batch.pageSizeLog2[row]);
      const predictsConfig = config.lookup(sid);
      if (!predictsConfig) config.fill(sid);
      const seen = batch.flags[row] & CONFIG_FLAGS;
      if (seen !== 0) compare(configuration, batch, row, predictsConfig, seen === EventFlag.ConfigHit);
    }
    if (outcome !== Outcome.Unknown) compare(recorded, batch, row, predictsHit, outcome === Outcome.Hit);
  }
}
