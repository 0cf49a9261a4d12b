/**
 * Two rules on the pairing of CMD_SYNC and completion. A vCPU waits for a SYNC if it wrote one that was published (by
 * whichever vCPU's doorbell: they share a PROD write), or if its own doorbell published one.
 */
import { opcodeOf } from '../../../trace/command.js';
import { ABSENT, type EventBatch } from '../../../trace/events.js';
import { Opcode } from '../../../trace/opcodes.js';
import { visit } from '../published.js';
import type { LintCheck, LintRule, ReportBreach } from '../rule.js';

/** Whom each PROD write leaves waiting. */
class Waiting {
  /** Per queue: vCPUs that wrote a SYNC since its last doorbell. */
  private readonly writers = new Map<number, Set<number>>();

  command(batch: EventBatch, row: number): void {
    if (opcodeOf(batch.cmd0Low[row]) !== Opcode.SYNC) return;
    let writers = this.writers.get(batch.queue[row]);
    if (writers === undefined) {
      writers = new Set();
      this.writers.set(batch.queue[row], writers);
    }
    writers.add(batch.vcpu[row]);
  }

  /** Calls `onWaiting` for every vCPU that waits for a SYNC which this doorbell publishes. */
  doorbell(batch: EventBatch, row: number, onWaiting: (vcpu: number) => void): void {
    const writers = this.writers.get(batch.queue[row]);
    if (writers === undefined || writers.size === 0) return;
    writers.add(batch.vcpu[row]);
    for (const vcpu of writers) if (vcpu !== ABSENT || vcpu === batch.vcpu[row]) onWaiting(vcpu);
    writers.clear();
  }
}

/** A vCPU may wait for several: an interrupt's list is published while the interrupted one's SYNC is waited for. */
class CompletionWithoutSync implements LintCheck {
  private readonly waiting = new Waiting();
  /** Per vCPU: doorbells whose SYNC it has not seen complete. */
  private readonly open = new Map<number, number>();

  check(events: EventBatch, report: ReportBreach): void {
    const { waiting, open } = this;
    const wait = (vcpu: number) => open.set(vcpu, (open.get(vcpu) ?? 0) + 1);
    visit(events, {
      command: (batch, row) => waiting.command(batch, row),
      doorbell: (batch, row) => waiting.doorbell(batch, row, wait),
      syncDone: (batch, row) => {
        const vcpu = batch.vcpu[row];
        const count = open.get(vcpu) ?? 0;
        if (count > 0) open.set(vcpu, count - 1);
        else report(batch.line[row], `vCPU ${vcpu} sees a completion, but no SYNC of it is published`);
      },
    });
  }
}

class SyncWithoutCompletion implements LintCheck {
  private readonly waiting = new Waiting();
  /** Per vCPU: line of the doorbell whose SYNC it has not seen complete. */
  private readonly since = new Map<number, number>();
  private hasCompletions = false;
  /** Breaches before it was clear that the trace records completions. */
  private early: number[] = [];

  check(events: EventBatch, report: ReportBreach): void {
    const { waiting, since } = this;
    visit(events, {
      command: (batch, row) => waiting.command(batch, row),
      doorbell: (batch, row) => {
        const earlier = since.get(batch.vcpu[row]);
        if (earlier !== undefined) this.missed(earlier, report);
        since.delete(batch.vcpu[row]);
        waiting.doorbell(batch, row, (vcpu) => since.set(vcpu, batch.line[row]));
      },
      syncDone: (batch, row) => {
        since.delete(batch.vcpu[row]);
        this.hasCompletions = true;
        for (const line of this.early) this.missed(line, report);
        this.early = [];
      },
    });
  }

  end(report: ReportBreach): void {
    if (!this.hasCompletions) return;
    for (const line of this.since.values()) report(line, 'its SYNC is not seen complete before the trace ends');
  }

  private missed(line: number, report: ReportBreach): void {
    if (this.hasCompletions) report(line, 'its vCPU rings again without having seen its SYNC complete');
    else if (this.early.length < 1024) this.early.push(line);
  }
}

export const completionWithoutSync: LintRule = {
  name: 'completion-without-sync',
  severity: 'error',
  summary: 'a vCPU sees a completion only of a CMD_SYNC that was published',
  create: () => new CompletionWithoutSync(),
};

export const syncWithoutCompletion: LintRule = {
  name: 'sync-without-completion',
  severity: 'warning',
  summary: 'where completions are recorded, each vCPU sees its CMD_SYNC complete before it rings again',
  create: () => new SyncWithoutCompletion(),
};
