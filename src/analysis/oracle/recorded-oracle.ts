/**
 * Holds a trace's own hit and miss record against an exact model of the SMMU that made it (QEMU's).
 *
 * Source: facts M §5.2 O53, design §7 (`oracle.recorded`, `oracle.config`). The model sees lookups, page sizes of fills,
 * faults and command words, never the recorded outcome of a lookup: a mismatch means that the reader, the model or the
 * fact behind it is wrong. Rows without a recorded outcome drive the model but are not compared.
 *
 * Contract:
 * - `consume` batches in trace order; a command takes effect where it stands (QEMU executes it before it logs the
 *   doorbell that published it).
 * - A faulting lookup missed: QEMU caches complete translations only. A fault row that names neither ASID nor VMID
 *   failed before the IOTLB was asked (bad STE, bad CD, address outside both tables), and is not compared.
 */
import { opcodeOf } from '../../trace/command.js';
import { type EventBatch, EventFlag, EventKind, Outcome } from '../../trace/events.js';
import { Opcode } from '../../trace/opcodes.js';
import { formatIova } from '../../trace/units.js';
import { ConfigCacheOracle } from './config-cache-oracle.js';
import { qemuEraOf } from './qemu-era.js';
import { type IotlbModel, QemuIotlb } from './qemu-iotlb.js';

/** One prediction that the record contradicts. */
interface OracleMismatch {
  /** Line or record number in the trace. */
  readonly line: number;
  readonly iova: string;
  readonly sid: number;
  readonly predicted: 'hit' | 'miss';
  readonly recorded: 'hit' | 'miss';
}

/** Agreement of one structure with the record. `hits` and `misses` are the recorded ones among those compared. */
export interface OracleAgreement {
  compared: number;
  hits: number;
  misses: number;
  mismatches: number;
  /** The first mismatches, at most ten. */
  readonly first: OracleMismatch[];
}

/** JSON of `results[].oracle`. */
export interface OracleReport {
  readonly recorded: OracleAgreement;
  readonly config: OracleAgreement;
}

/** How to run the oracle. */
export interface RecordedOracleOptions {
  /** Reader's `version` statistic. Asked at every batch, because a reader may learn it on the way. */
  readonly version?: () => string;
  /** Entries of QEMU's IOTLB. */
  readonly entries?: number;
  /** Another model in the place of QEMU's. */
  readonly model?: IotlbModel;
}

const MAX_LISTED = 10;
const CONFIG_FLAGS = EventFlag.ConfigHit | EventFlag.ConfigMiss;

/** Consumes a trace and counts agreement. */
export class RecordedOracle {
  readonly result: OracleReport = { recorded: emptyAgreement(), config: emptyAgreement() };
  /** QEMU's model; undefined when the caller gave another. */
  readonly iotlb: QemuIotlb | undefined;
  readonly #model: IotlbModel;
  readonly #config = new ConfigCacheOracle();
  readonly #version: () => string;

  constructor(options: RecordedOracleOptions = {}) {
    this.#model = options.model ?? new QemuIotlb(options.entries);
    this.iotlb = this.#model instanceof QemuIotlb ? this.#model : undefined;
    this.#version = options.version ?? (() => '');
  }

  /** Take the next batch of the trace. */
  consume(batch: EventBatch): void {
    if (this.iotlb !== undefined) this.iotlb.era = qemuEraOf(this.#version());
    const { kind, outcome } = batch;
    for (let row = 0; row < batch.count; row++) {
      if (kind[row] === EventKind.Dma) {
        const end = outcome[row];
        if (end === Outcome.Disabled) continue;
        this.#lookupConfig(batch, row);
        if (end !== Outcome.Bypass && end !== Outcome.Abort) this.#lookupIotlb(batch, row);
      } else if (kind[row] === EventKind.Cmd) {
        this.#execute(batch, row);
      }
    }
  }

  #execute(batch: EventBatch, row: number): void {
    const c0Low = batch.cmd0Low[row];
    if ((batch.flags[row] & EventFlag.OpcodeOnly) !== 0) {
      // QEMU logs no details of a CFGI for a stream that it does not know, which has no effect. Of the others only
      // those that need no operand can be executed.
      const opcode = opcodeOf(c0Low);
      if (opcode !== Opcode.TLBI_NSNH_ALL && opcode !== Opcode.TLBI_NH_ALL) return;
    }
    this.#model.execute(c0Low, batch.cmd0High[row], batch.cmd1Low[row], batch.cmd1High[row]);
    this.#config.execute(c0Low, batch.cmd0High[row], batch.cmd1Low[row]);
  }

  #lookupConfig(batch: EventBatch, row: number): void {
    const sid = batch.sid[row];
    if (sid < 0) return;
    const predictsHit = this.#config.lookup(sid);
    if (!predictsHit && !failedBeforeLookup(batch, row)) this.#config.fill(sid);
    const recorded = batch.flags[row] & CONFIG_FLAGS;
    if (recorded !== 0) compare(this.result.config, batch, row, predictsHit, recorded === EventFlag.ConfigHit);
  }

  #lookupIotlb(batch: EventBatch, row: number): void {
    if (failedBeforeLookup(batch, row)) return;
    const asid = (batch.flags[row] & EventFlag.Stage2) === 0 ? batch.asid[row] : -1;
    const vmid = batch.vmid[row];
    const page = batch.iovaPage[row];
    const granuleLog2 = batch.granuleLog2[row];
    const predictsHit = this.#model.lookup(asid, vmid, page, granuleLog2);
    const end = batch.outcome[row];
    if (!predictsHit && end !== Outcome.Fault) {
      this.#model.fill(asid, vmid, page, granuleLog2, batch.pageSizeLog2[row]);
    }
    if (end !== Outcome.Unknown) compare(this.result.recorded, batch, row, predictsHit, end === Outcome.Hit);
  }
}

/** A fault before the IOTLB was asked: the row then has no tag. */
function failedBeforeLookup(batch: EventBatch, row: number): boolean {
  return batch.outcome[row] === Outcome.Fault && batch.asid[row] < 0 && batch.vmid[row] < 0;
}

/** An agreement of nothing yet. */
export function emptyAgreement(): OracleAgreement {
  return { compared: 0, hits: 0, misses: 0, mismatches: 0, first: [] };
}

/** Count one prediction against what row `row` recorded. */
export function compare(
  to: OracleAgreement,
  batch: EventBatch,
  row: number,
  predictsHit: boolean,
  isHit: boolean,
): void {
  to.compared++;
  if (isHit) to.hits++;
  else to.misses++;
  if (predictsHit === isHit) return;
  to.mismatches++;
  if (to.first.length >= MAX_LISTED) return;
  to.first.push({
    line: batch.line[row],
    iova: formatIova(batch.iovaPage[row], batch.iovaOffset[row]),
    sid: batch.sid[row],
    predicted: predictsHit ? 'hit' : 'miss',
    recorded: isHit ? 'hit' : 'miss',
  });
}
