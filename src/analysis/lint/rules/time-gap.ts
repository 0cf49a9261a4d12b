import type { ReaderStatistics } from '../../../formats/reader.js';
import type { EventBatch } from '../../../trace/events.js';
import type { LintCheck, LintRule, ReportBreach } from '../rule.js';

/** A pause that no driver's pacing explains: the flush queue's longest timer is one second (facts L §2.7). */
const LONGEST_NS = 1_000_000_000;

class TimeGap implements LintCheck {
  private lastNs = Number.POSITIVE_INFINITY;
  private readonly gaps: { readonly line: number; readonly ns: number }[] = [];
  private count = 0;

  check({ timeNs, line, count }: EventBatch): void {
    for (let row = 0; row < count; row++) {
      const ns = timeNs[row] - this.lastNs;
      if (ns > LONGEST_NS) {
        this.count++;
        if (this.gaps.length < 16) this.gaps.push({ line: line[row], ns });
      }
      this.lastNs = timeNs[row];
    }
  }

  end(report: ReportBreach, statistics: ReaderStatistics): void {
    if (statistics.timeBase !== 'clock') return;
    for (let at = 0; at < this.count; at++) {
      const gap = this.gaps[Math.min(at, this.gaps.length - 1)];
      report(gap.line, `no event for ${(gap.ns / 1e9).toFixed(3)} s before this one`);
    }
  }
}

export const timeGap: LintRule = {
  name: 'time-gap',
  severity: 'note',
  summary: 'no pause is longer than a second',
  create: () => new TimeGap(),
};
