/**
 * The document `smmuscope.inspect/1`: what a trace holds, before any replay.
 *
 * Keys are snake_case with the unit in the name; they are the contract with scripts: add, never rename.
 */

import type { JoinReport } from '../../formats/join/report.js';
import type { ReaderReport } from '../../formats/reader-report.js';
import type { Distribution } from '../../numbers/latency-recorder.js';

/** Version tag of this document. */
export const INSPECT_SCHEMA = 'smmuscope.inspect/1';

/** Counts by a name or number spelt as text. */
export type CountsByKey = Readonly<Record<string, number>>;

/** Latency that the recording itself shows, in ns of the recorder's clock. */
export type RecordedLatency = Distribution;

/** The whole document. */
export interface InspectDocument {
  readonly schema: typeof INSPECT_SCHEMA;
  readonly trace: {
    readonly file: string;
    readonly sha256: string;
    /** `none`, `gz`, `xz`. */
    readonly compression: string;
    /** True when `--limit` ended the reading: the counts and the digest are of the part that was read. */
    readonly limited: boolean;
  };
  readonly reader: ReaderReport;
  /** Guest-side transforms that the events went through, in their order, with what each did; empty: as recorded. */
  readonly transforms: readonly Readonly<Record<string, string | number>>[];
  /** How the recordings agree, if two were joined. */
  readonly join?: JoinReport | undefined;
  /** Events of every kind. */
  readonly events: number;
  readonly commands: {
    readonly total: number;
    /** Commands that no doorbell publishes: the SMMU never sees them. */
    readonly unpublished: number;
    readonly by_opcode: CountsByKey;
    /** By the vCPU that wrote them, `unknown` where the recording does not tell. */
    readonly by_vcpu: CountsByKey;
    /** By vCPU, then opcode. */
    readonly by_vcpu_opcode: Readonly<Record<string, CountsByKey>>;
    /** By the StreamID in hex that CFGI, ATC_INV and PREFETCH commands name. */
    readonly by_sid: CountsByKey;
    /** Combinations that the architecture reserves, in words, among commands recorded with their raw words. */
    readonly reserved: CountsByKey;
  };
  readonly doorbells: number;
  /** Commands per doorbell → number of doorbells. */
  readonly batch_sizes: CountsByKey;
  readonly sync_dones: number;
  /** CMD_SYNCs among the commands. */
  readonly syncs: {
    readonly total: number;
    /** Other commands per CMD_SYNC; null without any CMD_SYNC. */
    readonly commands_per_sync: number | null;
    /** CMD_SYNCs per doorbell → number of doorbells. */
    readonly per_doorbell: CountsByKey;
  };
  readonly doorbells_by_vcpu: CountsByKey;
  /** From one doorbell to the next on the recorder's clock, and of each vCPU to its own next; null if there are no two. */
  readonly inter_arrival: (RecordedLatency & { readonly by_vcpu: Readonly<Record<string, RecordedLatency>> }) | null;
  readonly dma: {
    readonly total: number;
    /** Of the total: message-signalled interrupts. */
    readonly msi: number;
    /** By StreamID in hex. */
    readonly by_sid: CountsByKey;
    /** By what the recorder's own SMMU made of it. */
    readonly by_outcome: CountsByKey;
  };
  readonly maps: number;
  readonly unmaps: number;
  /** Time of the first and last event; null for a trace without events or without a clock. */
  readonly time: { readonly first_ns: number | null; readonly last_ns: number | null; readonly span_ns: number | null };
  /** From a vCPU's doorbell to its sight of CMD_SYNC done, on the recorder's clock; null if there is no such pair. */
  readonly recorded_latency:
    | (RecordedLatency & {
        readonly by_vcpu: Readonly<Record<string, RecordedLatency>>;
        /** The recorder wrote while the guest waited: these times hold the recording itself (every QEMU log). */
        readonly includes_tracing?: boolean | undefined;
      })
    | null;
  /** Bytes of the page or block behind each dma, map and unmap → events; `unknown` where not recorded. */
  readonly page_sizes: CountsByKey;
  /** ASID → commands that name it. */
  readonly asids: CountsByKey;
  /** 4 KiB pages that one address TLBI covers → commands. */
  readonly range_pages: CountsByKey;
}
