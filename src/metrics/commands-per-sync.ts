/**
 * How many commands a CMD_SYNC of the guest waits for: those published on its queue since the CMD_SYNC before, itself not
 * counted. It is what batching has to work with, and the same on every path.
 */
import { CountHistogram } from '../numbers/count-histogram.js';
import { addedLater, countDistribution } from '../results/declaration/metric.js';
import { Opcode } from '../trace/opcodes.js';
import type { Counter, Metric } from './metric.js';

const KEYS = {
  commands_per_sync: addedLater(
    countDistribution(
      'commands that a guest queue published since its CMD_SYNC before, per CMD_SYNC, which is not counted',
    ),
  ),
};

class CommandsPerSync implements Counter<typeof KEYS> {
  private readonly groups = new CountHistogram();
  /** By guest queue: commands since its last CMD_SYNC, those of the warm-up among them. */
  private readonly open: number[] = [];

  onGuestCommand(opcode: number, _isForwarded: boolean, measured: boolean, queue: number): void {
    const commands = this.open[queue] ?? 0;
    if (opcode === Opcode.SYNC && measured) this.groups.record(commands);
    this.open[queue] = opcode === Opcode.SYNC ? 0 : commands + 1;
  }

  result() {
    return { commands_per_sync: this.groups.summary() };
  }
}

export const commandsPerSync: Metric<typeof KEYS> = {
  keys: KEYS,
  count: () => new CommandsPerSync(),
  lines({ commands_per_sync: groups }, { count }) {
    if (groups === undefined || groups.count === 0) return [];
    const mean = count(Number(groups.mean.toPrecision(3)));
    return [
      `commands per SYNC: mean ${mean}, p50 ${count(groups.p50)}, p99 ${count(groups.p99)}, max ${count(groups.max)} (SYNCs: ${count(groups.count)})`,
    ];
  },
  table: {
    title: 'Commands per SYNC',
    headings: ['SYNCs', 'mean', 'p50', 'p99', 'max'],
    row({ commands_per_sync: groups }) {
      if (groups === undefined || groups.count === 0) return undefined;
      return [groups.count, groups.mean, groups.p50, groups.p99, groups.max];
    },
  },
};
