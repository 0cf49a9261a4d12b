/**
 * `--guest-ats`: the ATC_INVs that the Linux driver would send if the devices had ATS (facts L §2.5, §2.6).
 *
 * After each invalidation (TLBIs of a domain up to their CMD_SYNC) and its completion follows a submission of its own:
 * one ATC_INV per stream of the domain, each the smallest aligned power of two that holds the range, then a CMD_SYNC.
 * A domain that is invalidated as a whole has its ATCs emptied (SIZE 52). A stream with a PASID is sent its SSID.
 * With more than 64 streams, full batches are published without a SYNC (L §2.4).
 *
 * Where the trace records completions the submission follows that of its TLBIs, else it follows their doorbell directly.
 * A trace that has ATC_INVs already is refused: its guest has ATS, and what it would send is in the trace.
 */

import { type CommandFields, encodeCommand, opcodeOf } from '../../trace/command.js';
import { UsageError } from '../../trace/errors.js';
import { ABSENT, type EventBatch, EventFlag, EventKind } from '../../trace/events.js';
import { Opcode } from '../../trace/opcodes.js';
import { atcSpan } from '../driver/atc-rounding.js';
import type { CommandList } from './command-list.js';
import { lookForCompletions } from './completions.js';
import { DomainMembers, type Member } from './domain-members.js';
import { contextIdOf, invalidationAt, isContextTlbi, isDriverTlbi, isStage2 } from './invalidation.js';
import { PageSizes } from './page-sizes.js';
import { BATCH_COMMANDS, type Doorbell, SubmissionRewriter, segmentEnd } from './submission-rewriter.js';
import type { TransformContext, TransformDefinition } from './transform.js';

/** Part of a domain that was invalidated. */
interface Revoked {
  readonly opcode: number;
  readonly contextId: number;
  readonly page: number;
  /** 4 KiB pages; 0: everything. */
  readonly pages: number;
}

/** ATC_INVs that are due when a vCPU has seen its TLBIs done: one list per CMD_SYNC. */
interface Due {
  readonly doorbell: Doorbell;
  readonly revoked: readonly Revoked[];
}

const SYNC = encodeCommand(Opcode.SYNC);

class GuestAts extends SubmissionRewriter {
  private readonly sizes = new PageSizes();
  private readonly members: DomainMembers;
  private hasCompletions = false;
  /** Per queue: what has been invalidated since the last CMD_SYNC. */
  private readonly open = new Map<number, Revoked[]>();
  /** Per vCPU: what waits for its completion. */
  private readonly due = new Map<number, Due[]>();
  private commands = 0;
  private submissions = 0;

  constructor(private readonly context: TransformContext) {
    super(false);
    this.members = new DomainMembers(context.topology);
  }

  override async *transform(batches: AsyncIterable<EventBatch>): AsyncGenerator<EventBatch, void, void> {
    const ahead = await lookForCompletions(batches);
    this.hasCompletions = ahead.hasCompletions;
    yield* super.transform(ahead.batches);
  }

  counts(): Readonly<Record<string, number>> {
    return { atc_inv_inserted: this.commands, submissions_inserted: this.submissions, atcs: this.members.size };
  }

  protected override reach(timeNs: number): void {
    this.members.reach(timeNs);
  }

  protected override observe(batch: EventBatch, row: number): void {
    this.sizes.observe(batch, row);
    if (batch.kind[row] === EventKind.Dma) this.members.observe(batch, row);
  }

  protected publish(list: CommandList, doorbell: Doorbell): void {
    const { vcpu, queue } = doorbell;
    // Its completion was not recorded: what it owes comes before the vCPU's next submission.
    this.settle(vcpu, doorbell.timeNs, doorbell.line);
    const due: Due[] = [];
    for (let from = 0; from < list.count; ) {
      const end = segmentEnd(list, from);
      this.collect(list, from, end, queue);
      if (opcodeOf(list.c0Low[end - 1]) === Opcode.SYNC) {
        const revoked = this.open.get(queue) ?? [];
        if (revoked.length > 0) due.push({ doorbell, revoked });
        this.open.delete(queue);
      }
      from = end;
    }
    this.passOn(list, 0, list.count, queue);
    this.emitDoorbell(doorbell);
    if (due.length === 0) return;
    this.due.set(vcpu, due);
    if (!this.hasCompletions) this.settle(vcpu, doorbell.timeNs, doorbell.line);
  }

  protected override completed(batch: EventBatch, row: number): void {
    super.completed(batch, row);
    this.settle(batch.vcpu[row], batch.timeNs[row], batch.line[row]);
  }

  protected override end(): void {
    for (const [vcpu, [{ doorbell }]] of this.due) this.settle(vcpu, this.sink.lastNs, doorbell.line);
  }

  /** Note what commands `from … end-1` invalidate. */
  private collect(list: CommandList, from: number, end: number, queue: number): void {
    let revoked = this.open.get(queue);
    for (let at = from; at < end; ) {
      const opcode = opcodeOf(list.c0Low[at]);
      const isKnown = (list.flags[at] & EventFlag.OpcodeOnly) === 0;
      if (opcode === Opcode.ATC_INV) this.refuse(list.line[at]);
      let next: Revoked | undefined;
      if (isDriverTlbi(list, at)) {
        const { page, pages, contextId, to, isSizeKnown } = invalidationAt(list, at, end, this.sizes);
        // The driver knows the size that was unmapped; here the largest that it can have been.
        const covered = isSizeKnown ? pages : this.sizes.largestPagesAt(contextId, page);
        next = { opcode, contextId, page, pages: covered };
        at = to;
      } else {
        if (isContextTlbi(opcode) && isKnown) {
          next = { opcode, contextId: contextIdOf(opcode, list.c0High[at]), page: 0, pages: 0 };
        }
        at++;
      }
      if (next === undefined) continue;
      if (revoked === undefined) {
        revoked = [];
        this.open.set(queue, revoked);
      }
      addRevoked(revoked, next);
    }
  }

  private refuse(line: number): never {
    throw new UsageError(
      `${this.context.file}: --guest-ats: expected a trace of a guest without ATS, found an ATC_INV at line ${line}`,
    );
  }

  /** Emit what vCPU `vcpu` owes. */
  private settle(vcpu: number, timeNs: number, line: number): void {
    const due = this.due.get(vcpu);
    if (due === undefined) return;
    this.due.delete(vcpu);
    for (const { doorbell, revoked } of due) this.emitSubmission({ ...doorbell, timeNs, line }, revoked);
  }

  private emitSubmission(doorbell: Doorbell, revoked: readonly Revoked[]): void {
    const { timeNs, line, vcpu, queue } = doorbell;
    let inBatch = 0;
    for (const { opcode, contextId, page, pages } of revoked) {
      const span = atcSpan(page, pages);
      for (const member of this.members.of(contextId, isStage2(opcode))) {
        if (inBatch === BATCH_COMMANDS) {
          this.emitDoorbell(doorbell);
          inBatch = 0;
        }
        this.sink.command(timeNs, line, vcpu, queue, atcWords(member, span.page, span.sizeLog2));
        inBatch++;
        this.commands++;
      }
    }
    if (inBatch === 0) return;
    this.sink.command(timeNs, line, vcpu, queue, SYNC);
    this.emitDoorbell(doorbell);
    if (this.hasCompletions) this.sink.signal(EventKind.SyncDone, timeNs, line, vcpu, queue);
    this.submissions++;
  }
}

/** Separate ranges of one invalidation beyond which it counts as one of the whole domain: the driver never has two. */
const MOST_RANGES = 1024;

/** Add `next` to what one invalidation covers: what continues the range before it is one range with it. */
function addRevoked(revoked: Revoked[], next: Revoked): void {
  const isSameDomain = (other: Revoked) =>
    other.contextId === next.contextId && isStage2(other.opcode) === isStage2(next.opcode);
  if (next.pages === 0 || revoked.length >= MOST_RANGES) {
    const others = revoked.filter((other) => !isSameDomain(other));
    revoked.splice(0, revoked.length, ...others, { ...next, page: 0, pages: 0 });
    return;
  }
  if (revoked.some((other) => other.pages === 0 && isSameDomain(other))) return;
  const last = revoked.at(-1);
  if (last !== undefined && isSameDomain(last) && last.page + last.pages === next.page) {
    revoked[revoked.length - 1] = { ...last, pages: last.pages + next.pages };
  } else revoked.push(next);
}

function atcWords({ sid, ssid }: Member, page: number, sizeLog2: number): readonly [number, number, number, number] {
  const fields: CommandFields = { SID: sid, ADDR: page, SIZE: sizeLog2 };
  if (ssid !== ABSENT) {
    fields.SSV = 1;
    fields.SSID = ssid;
  }
  return encodeCommand(Opcode.ATC_INV, fields);
}

export const guestAts: TransformDefinition = {
  name: 'guest-ats',
  settings: ({ guestAts: isWanted }) => (isWanted === true ? {} : undefined),
  create: (_options, context) => new GuestAts(context),
};
