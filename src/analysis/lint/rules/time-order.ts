import type { EventBatch } from '../../../trace/events.js';
import type { LintCheck, LintRule, ReportBreach } from '../rule.js';

class TimeOrder implements LintCheck {
  private lastNs = Number.NEGATIVE_INFINITY;

  check({ timeNs, line, count }: EventBatch, report: ReportBreach): void {
    for (let row = 0; row < count; row++) {
      if (timeNs[row] < this.lastNs) report(line[row], `${timeNs[row]} ns after ${this.lastNs} ns`);
      else this.lastNs = timeNs[row];
    }
  }
}

export const timeOrder: LintRule = {
  name: 'time-order',
  severity: 'error',
  summary: 'times never go back',
  create: () => new TimeOrder(),
};
