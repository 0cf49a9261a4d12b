/** Instructions in user mode of whole runs of the tool, where the platform counts them (Linux perf). */
import { spawnSync } from 'node:child_process';
import { RUN_JS, recording } from './built.mjs';

const COMMANDS = {
  'replay rebind-strict': [
    'replay',
    recording('rebind-strict.qemu-7.2.log.xz'),
    '--strategy',
    'ioctl',
    '--json',
    '--quiet',
  ],
  'inspect rebind-strict': ['inspect', recording('rebind-strict.qemu-7.2.log.xz'), '--json', '--quiet'],
};

/**
 * Instructions by command; without a just-in-time compiler that works beside (`--single-threaded`), counts hardly scatter.
 * @returns `counts`, or `absence`: why there are none
 */
export function instructionCounts() {
  const counts = {};
  for (const [id, args] of Object.entries(COMMANDS)) {
    const node = [process.execPath, '--single-threaded', '--predictable-gc-schedule', RUN_JS, ...args];
    const { error, stderr } = spawnSync('perf', ['stat', '-x', ',', '-e', 'instructions:u', ...node], {
      encoding: 'utf8',
    });
    if (error !== undefined) return { absence: 'perf is not installed' };
    const count = Number(/^(\d+),[^,]*,instructions:u/m.exec(stderr)?.[1]);
    if (!Number.isFinite(count)) return { absence: 'perf cannot count instructions here' };
    counts[id] = count;
  }
  return { counts };
}
