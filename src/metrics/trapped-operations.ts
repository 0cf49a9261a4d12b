/**
 * Operations in which the vCPU traps, and the latency of the others: on a path that traps for some commands only they are the
 * tail. A trap is seen by the time that it takes: a profile in which it takes none has none.
 */
import { z } from 'zod';
import { LatencyRecorder } from '../numbers/latency-recorder.js';
import type { CostTrail } from '../replay/cost-trail.js';
import type { Operation } from '../replay/operation.js';
import { addedLater, distribution, metric, metricBy } from '../results/declaration/metric.js';
import { STAGES } from '../strategies/path/costs.js';
import { MOST_COSTS, stageOf } from '../strategies/path/own-times.js';
import type { Submission } from '../strategies/path/submission.js';
import { Opcode } from '../trace/opcodes.js';
import { byOpcode } from './by-opcode.js';
import type { Counter, Metric } from './metric.js';

const KEYS = {
  trapped_operations: addedLater(
    z
      .object({
        count: metric('count', 'lower', 'operations in which the vCPU traps at least once'),
        total_ns: metric('ns', 'lower', 'time of these operations summed'),
        commands_by_opcode: metricBy(
          'OPCODE',
          'count',
          'neutral',
          'guest commands other than CMD_SYNC in PROD writes whose vCPU traps, by opcode',
        ),
        others: distribution('operations without a trap, measured like latency.operation'),
      })
      .meta({ description: 'operations in which the vCPU traps, and the latency of those in which it does not' }),
  ),
};

/** Stages in which a vCPU is out of the guest because it trapped: on its PROD write, and on its read of CONS. */
const TRAP_STAGES = [STAGES.indexOf('exit'), STAGES.indexOf('cons_read')];
/** By cost id: 1 for the time of a trap. */
const IS_TRAP = Uint8Array.from({ length: MOST_COSTS }, (_, cost) => (TRAP_STAGES.includes(stageOf(cost)) ? 1 : 0));

class TrappedOperations implements Counter<typeof KEYS> {
  private count = 0;
  private totalNs = 0;
  private readonly commands = new Float64Array(256);
  private readonly others = new LatencyRecorder();

  onSubmission({ guestCount, guestOpcode, measured }: Submission, trail: CostTrail): void {
    if (!measured || !hasTrap(trail)) return;
    for (let row = 0; row < guestCount; row++) this.commands[guestOpcode[row]]++;
  }

  onOperation({ measured, hasWork, heldNs, trail }: Operation): void {
    if (!measured || !hasWork) return;
    if (hasTrap(trail)) {
      this.count++;
      this.totalNs += heldNs;
    } else this.others.record(heldNs);
  }

  result() {
    this.commands[Opcode.SYNC] = 0;
    return {
      trapped_operations: {
        count: this.count,
        total_ns: this.totalNs,
        commands_by_opcode: byOpcode(this.commands),
        others: this.others.summary(),
      },
    };
  }

  destroy(): void {
    this.others.destroy();
  }
}

/** Mostly the first interval tells: what traps does so at once. */
function hasTrap({ count, cost }: CostTrail): boolean {
  for (let at = 0; at < count; at++) if (IS_TRAP[cost[at]] === 1) return true;
  return false;
}

export const trappedOperations: Metric<typeof KEYS> = {
  keys: KEYS,
  count: () => new TrappedOperations(),
  lines({ trapped_operations: trapped }, format) {
    if (trapped === undefined || trapped.count === 0 || trapped.others.count === 0) return [];
    const { count, total_ns, others } = trapped;
    return [
      `operations that trap: ${format.count(count)}, ${format.ns(total_ns)} in all; the other ${format.count(others.count)}: mean ${format.ns(others.mean_ns)}, p99 ${format.ns(others.p99_ns)}`,
    ];
  },
  table: {
    title: 'Operations that trap',
    headings: ['trap', 'their ns in all', 'others', 'mean ns of others', 'p99 ns of others'],
    row({ trapped_operations: trapped }) {
      if (trapped === undefined || trapped.count === 0 || trapped.others.count === 0) return undefined;
      const { count, total_ns, others } = trapped;
      return [count, total_ns, others.count, others.mean_ns, others.p99_ns];
    },
  },
};
