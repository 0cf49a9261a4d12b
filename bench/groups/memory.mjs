/**
 * Peak resident set of a replay whose trace comes through a pipe, by the length of the trace: `generate … - | replay -`.
 * It must not grow with the trace.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { RUN_JS } from '../built.mjs';

const EVENTS = [1e6, 5e6];
const LONG_EVENTS = [2e7, 1e8];
const WORKLOADS = ['nic-ring', 'nvme'];
const STRATEGY = 'ioctl';
const PEAK_RSS = join(import.meta.dirname, '../peak-rss.mjs');

/** Runs once per length: a hundred million events take minutes. `long`: also the greatest lengths. */
export async function* memory({ long }) {
  for (const workload of WORKLOADS) {
    for (const events of long ? [...EVENTS, ...LONG_EVENTS] : EVENTS) {
      const { bytes, seconds } = await peakOf(workload, events);
      const what = `generate ${workload} - --events ${events.toExponential(0)} | replay -: peak RSS, ${seconds.toFixed(0)} s`;
      const value = bytes / 1e6;
      yield { id: `memory/${workload}-${events}`, what, unit: 'MB', value, low: value, high: value, runs: 1 };
    }
  }
}

async function peakOf(workload, events) {
  const began = process.hrtime.bigint();
  const generator = start([
    'generate',
    workload,
    '-',
    '--to',
    'arrow-stream',
    '--events',
    String(events),
    '--seed',
    '1',
  ]);
  const replay = start(['replay', '-', '--strategy', STRATEGY, '--json', '--quiet'], ['--import', PEAK_RSS]);
  generator.stdout.pipe(replay.stdin);
  replay.stdout.resume();
  let said = '';
  replay.stderr.on('data', (text) => {
    said += text;
  });
  const [status] = await once(replay, 'close');
  if (status !== 0) throw new Error(`replay ended with ${status}: ${said}`);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  return { bytes: Number(/peak RSS (\d+)/.exec(said)[1]), seconds };
}

function start(args, node = []) {
  return spawn(process.execPath, [...node, RUN_JS, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
}
