/**
 * Peak resident set of commands whose trace comes through a pipe (`generate … | COMMAND -`), by the length of the trace:
 * it must not grow with it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { RUN_JS } from '../built.mjs';

/** Lengths of the traces, unless `--events` says one. */
const EVENTS = [1e6, 1e7];
const PRELOADS = [
  '--require',
  join(import.meta.dirname, '../cpu-time.cjs'),
  '--import',
  join(import.meta.dirname, '../peak-rss.mjs'),
];
const REPLAY = ['replay', '-', '--strategy', 'ioctl', '--json'];

/** Every command that reads a trace; the replay on each workload that holds something else. */
const PIPES = [
  { workload: 'nic-ring', command: REPLAY },
  { workload: 'nvme', command: REPLAY },
  { workload: 'sva-munmap', command: REPLAY },
  { workload: 'nic-ring', command: ['compare', '-', '--strategies', 'all', '--json'] },
  { workload: 'nic-ring', command: ['inspect', '-', '--json'] },
  { workload: 'nic-ring', command: ['lint', '-', '--json'] },
  { workload: 'nic-ring', command: ['convert', '-', '-', '--to', 'arrow-stream'] },
  { workload: 'nic-ring', command: ['mrc', '-', '--json'] },
];

/** Names of the commands, as `--at` takes them. */
export const COMMAND_NAMES = [...new Set(PIPES.map(({ command }) => command[0]))];

/**
 * One run each: it is a bound that is measured, and long ones take minutes.
 * `events`: the one length to measure. `at`: only commands of this name.
 */
export async function* memory({ events: only, at }) {
  for (const { workload, command } of PIPES) {
    if (at !== undefined && at !== command[0]) continue;
    for (const events of only === undefined ? EVENTS : [only]) {
      const { bytes, cpuSeconds, seconds } = await peakOf(workload, command, events);
      const took = `${seconds.toFixed(0)} s, ${cpuSeconds.toFixed(0)} s of CPU`;
      const what = `generate ${workload}, ${events.toExponential(0)} events | ${words(command)}: peak RSS (${took})`;
      const value = bytes / 1e6;
      yield {
        id: `memory/${command[0]}-${workload}-${events}`,
        what,
        unit: 'MB',
        value,
        low: value,
        high: value,
        runs: 1,
      };
    }
  }
}

const words = (command) => command.filter((word) => word !== '-' && word !== '--json').join(' ');

async function peakOf(workload, command, events) {
  const began = process.hrtime.bigint();
  const settings = ['--to', 'arrow-stream', '--events', String(events), '--seed', '1'];
  const generator = spawn(process.execPath, [RUN_JS, 'generate', workload, '-', ...settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const consumer = spawn(process.execPath, [...PRELOADS, RUN_JS, ...command, '--quiet'], {
    stdio: [generator.stdout, 'ignore', 'pipe'],
  });
  generator.stdout.destroy();
  let said = '';
  consumer.stderr.on('data', (text) => {
    said += text;
  });
  const [status] = await once(consumer, 'close');
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${said}`);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const cpuSeconds = Number(/CPU ([\d.]+) ms/.exec(said)[1]) / 1e3;
  return { bytes: Number(/peak RSS (\d+)/.exec(said)[1]), cpuSeconds, seconds };
}
