/** Rules on what doorbells publish. State: two numbers per queue. */
import { opcodeOf } from '../../../trace/command.js';
import type { EventBatch } from '../../../trace/events.js';
import { Opcode, opcodeClass } from '../../../trace/opcodes.js';
import { visit } from '../published.js';
import type { LintCheck, LintRule, ReportBreach } from '../rule.js';

/** Commands that wait, and the line of the first. */
interface Pending {
  count: number;
  line: number;
}

function pendingOf(pending: Map<number, Pending>, queue: number): Pending {
  let of = pending.get(queue);
  if (of === undefined) {
    of = { count: 0, line: 0 };
    pending.set(queue, of);
  }
  return of;
}

class UnpublishedCommand implements LintCheck {
  private readonly pending = new Map<number, Pending>();

  check(events: EventBatch): void {
    visit(events, {
      command: (batch, row) => {
        const of = pendingOf(this.pending, batch.queue[row]);
        if (of.count++ === 0) of.line = batch.line[row];
      },
      doorbell: (batch, row) => {
        pendingOf(this.pending, batch.queue[row]).count = 0;
      },
    });
  }

  end(report: ReportBreach): void {
    for (const [queue, { count, line }] of this.pending) {
      if (count > 0) report(line, `${count} commands from here on are published by no doorbell of queue ${queue}`);
    }
  }
}

class EmptyDoorbell implements LintCheck {
  private readonly pending = new Map<number, Pending>();

  check(events: EventBatch, report: ReportBreach): void {
    visit(events, {
      command: (batch, row) => {
        pendingOf(this.pending, batch.queue[row]).count++;
      },
      doorbell: (batch, row) => {
        const of = pendingOf(this.pending, batch.queue[row]);
        if (of.count === 0) report(batch.line[row], 'publishes no command');
        of.count = 0;
      },
    });
  }
}

class InvalidationWithoutSync implements LintCheck {
  /** Invalidations since the last CMD_SYNC of each queue. */
  private readonly open = new Map<number, Pending>();

  check(events: EventBatch): void {
    visit(events, {
      command: (batch, row) => {
        const opcode = opcodeOf(batch.cmd0Low[row]);
        const of = pendingOf(this.open, batch.queue[row]);
        if (opcode === Opcode.SYNC) of.count = 0;
        else if (isInvalidation(opcode) && of.count++ === 0) of.line = batch.line[row];
      },
    });
  }

  end(report: ReportBreach): void {
    for (const { count, line } of this.open.values()) {
      if (count > 0) report(line, `${count} invalidations from here on are followed by no CMD_SYNC`);
    }
  }
}

function isInvalidation(opcode: number): boolean {
  const kind = opcodeClass(opcode);
  return kind === 'tlbi' || kind === 'atc' || kind === 'config';
}

export const unpublishedCommand: LintRule = {
  name: 'unpublished-command',
  severity: 'warning',
  summary: 'every command is published by a doorbell',
  create: () => new UnpublishedCommand(),
};

export const emptyDoorbell: LintRule = {
  name: 'empty-doorbell',
  severity: 'note',
  summary: 'every doorbell publishes something',
  create: () => new EmptyDoorbell(),
};

export const invalidationWithoutSync: LintRule = {
  name: 'invalidation-without-sync',
  severity: 'warning',
  summary: 'every invalidation is followed by a CMD_SYNC on its queue',
  create: () => new InvalidationWithoutSync(),
};
