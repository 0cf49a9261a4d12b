/**
 * Which streams the host attaches when the guest changes their configuration (see strategies/attach.ts for what that means
 * on the path). No time passes here.
 */
import type { Submission } from '../strategies/path/submission.js';
import type { Topology } from '../topology/topology.js';
import { ATC_SIZE_ALL, CFGI_RANGE_ALL, cfgiRangeOf } from '../trace/command.js';
import { Opcode } from '../trace/opcodes.js';
import type { Effects } from './effects.js';

/** LEAF of CFGI_STE: only the stream's last-level structure changed. */
const LEAF = 1;

/** Remembers which streams have a nested HWPT. */
export class AttachPlanner {
  private readonly nested = new Set<number>();

  constructor(
    private readonly topology: Pick<Topology, 'isKnown' | 'hasAts' | 'list' | 'smmuOf'>,
    private readonly effects: Effects,
    /** Steps in which the host writes an STE. */
    private readonly steWrites: number,
  ) {}

  /**
   * Guest row `row` of `submission` is this CFGI_STE or CFGI_STE_RANGE. A range reaches the streams that are known by now.
   * With an opcode only, one stream that has no name.
   */
  plan(c0Low: number, c0High: number, c1Low: number, isOpcodeOnly: boolean, submission: Submission): void {
    const sid = c0High >>> 0;
    if (isOpcodeOnly) this.attach(-1, true, submission);
    else if ((c0Low & 0xff) === Opcode.CFGI_STE) this.attachKnown(sid, true, submission);
    else {
      const range = cfgiRangeOf(c1Low);
      const streams = 2 ** (range + 1);
      const first = range === CFGI_RANGE_ALL ? 0 : sid - (sid % streams);
      for (const device of this.topology.list()) {
        if (device.sid >= first && device.sid < first + streams) this.attachKnown(device.sid, false, submission);
      }
    }
  }

  /** A stream that the host does not know has no device behind it: nothing to attach. */
  private attachKnown(sid: number, isNested: boolean, submission: Submission): void {
    if (this.topology.isKnown(sid)) this.attach(sid, isNested, submission);
  }

  private attach(sid: number, isNested: boolean, submission: Submission): void {
    const { effects, nested } = this;
    const hadNested = nested.delete(sid);
    if (isNested && sid >= 0) nested.add(sid);
    const hasAtc = sid >= 0 && this.topology.hasAts(sid);
    const smmu = this.topology.smmuOf(sid);
    submission.attachments.add(
      submission.guestCount - 1,
      sid,
      this.steWrites,
      isNested ? 1 : 0,
      hadNested ? 1 : 0,
      hasAtc ? 1 : 0,
      sid < 0 ? -1 : effects.hostCommand(Opcode.CFGI_STE, sid, LEAF, 0, sid, 1 << smmu),
      hasAtc ? effects.hostCommand(Opcode.ATC_INV, sid, ATC_SIZE_ALL, 0, sid, 1 << smmu) : -1,
      smmu,
    );
  }
}
