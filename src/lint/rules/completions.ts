/**
 * Two rules on the pairing of CMD_SYNC and completion. A vCPU waits for a SYNC if it wrote one that was published (by
 * whichever vCPU's doorbell: they share a PROD write), or if its own doorbell published one.
 */
import { opcodeOf } from '../../trace/command.js';
import { ABSENT, type EventBatch } from '../../trace/events.js';
import { Opcode } from '../../trace/opcodes.js';
import { visit } from '../published.js';
import type { LintCheck, LintRule, ReportBreach } from '../rule.js';

/** Who waits for what. */
class Waiting {
  /** Per queue: vCPUs that wrote a SYNC since its last doorbell. */
  private readonly writers = new Map<number, Set<number>>();
  /** Per vCPU: line of the doorbell whose SYNC it has not seen complete. */
  readonly since = new Map<number, number>();

  command(batch: EventBatch, row: number): void {
    if (opcodeOf(batch.cmd0Low[row]) !== Opcode.SYNC) return;
    let writers = this.writers.get(batch.queue[row]);
    if (writers === undefined) {
      writers = new Set();
      this.writers.set(batch.queue[row], writers);
    }
    writers.add(batch.vcpu[row]);
  }

  /** @param onStillWaiting a vCPU rings again without having seen its SYNC complete; the line of that SYNC's doorbell */
  doorbell(batch: EventBatch, row: number, onStillWaiting: (line: number) => void): void {
    const earlier = this.since.get(batch.vcpu[row]);
    if (earlier !== undefined) onStillWaiting(earlier);
    this.since.delete(batch.vcpu[row]);
    const writers = this.writers.get(batch.queue[row]);
    if (writers === undefined || writers.size === 0) return;
    for (const vcpu of writers) if (vcpu !== ABSENT) this.since.set(vcpu, batch.line[row]);
    this.since.set(batch.vcpu[row], batch.line[row]);
    writers.clear();
  }
}

class CompletionWithoutSync implements LintCheck {
  private readonly waiting = new Waiting();

  check(events: EventBatch, report: ReportBreach): void {
    const { waiting } = this;
    visit(events, {
      command: (batch, row) => waiting.command(batch, row),
      doorbell: (batch, row) => waiting.doorbell(batch, row, () => {}),
      syncDone: (batch, row) => {
        if (!waiting.since.delete(batch.vcpu[row])) {
          report(batch.line[row], `vCPU ${batch.vcpu[row]} sees a completion, but no SYNC of it is published`);
        }
      },
    });
  }
}

class SyncWithoutCompletion implements LintCheck {
  private readonly waiting = new Waiting();
  private hasCompletions = false;
  /** Breaches before it was clear that the trace records completions. */
  private early: number[] = [];

  check(events: EventBatch, report: ReportBreach): void {
    const { waiting } = this;
    const missed = (line: number) => this.missed(line, report);
    visit(events, {
      command: (batch, row) => waiting.command(batch, row),
      doorbell: (batch, row) => waiting.doorbell(batch, row, missed),
      syncDone: (batch, row) => {
        waiting.since.delete(batch.vcpu[row]);
        this.hasCompletions = true;
        for (const line of this.early) this.missed(line, report);
        this.early = [];
      },
    });
  }

  end(report: ReportBreach): void {
    if (!this.hasCompletions) return;
    for (const line of this.waiting.since.values()) report(line, 'its SYNC is not seen complete before the trace ends');
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
