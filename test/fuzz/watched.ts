/** A child that reads inputs, and the eye on it: time per input, memory, its end. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FuzzBlock } from './child.js';
import type { FailureKind, Tally } from './tally.js';

/** What one input may take: computing time, and so many times as much on the clock, which a busy machine stretches. */
interface Limits {
  readonly ms: number;
  readonly mib: number;
}

/** The names of the seeds in order, and the digest of all of them. */
export interface Hello {
  readonly digest: string;
  readonly seeds: readonly { readonly name: string; readonly kind: string }[];
}

/** A block was read, or the child had to be ended, or ended itself, at an input. */
export type BlockEnd =
  | { readonly tally: Tally }
  | { readonly number: number; readonly failure: FailureKind; readonly what: string };

const WATCH_MS = 100;
/** How often the limit may pass on the clock, for an input that waits for what never comes. */
const PATIENCE = 6;
/** What a tick of /proc stands for. */
const TICK_MS = 10;
const MIB = 2 ** 20;
const PAGE_BYTES = 4096;

/** How to start it. */
export interface WatchedSettings {
  readonly script: string;
  readonly traces: string;
  readonly base: number;
  /** File in which the child notes the input it is at. */
  readonly numberFile: string;
  readonly limits: Limits;
}

/** One child at a time; a new one is started when the last had to end. */
export class WatchedReader {
  private child: ChildProcess | undefined;
  hello: Hello | undefined;

  constructor(private readonly settings: WatchedSettings) {}

  /** Start the child unless it runs. @throws Error if it does not come up */
  async start(): Promise<Hello> {
    if (this.child !== undefined && this.hello !== undefined) return this.hello;
    const { script, traces, base, numberFile } = this.settings;
    writeFileSync(numberFile, Buffer.alloc(0));
    const child = fork(script, [traces, String(base), numberFile], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.child = child;
    this.hello = await new Promise<Hello>((resolve, reject) => {
      child.once('message', (message) => resolve(message as Hello));
      child.once('exit', (code) => reject(new Error(`the reader ended with ${code} before it began`)));
    });
    child.removeAllListeners('exit');
    return this.hello;
  }

  /** Read a block. */
  async read(block: FuzzBlock): Promise<BlockEnd> {
    await this.start();
    const child = this.child as ChildProcess;
    const now = () => ({ clockMs: performance.now(), computedMs: computedMs(child.pid) });
    let noted = { number: Number.NaN, since: now() };
    let cause: { readonly failure: FailureKind; readonly what: string } | undefined;
    const errors: Buffer[] = [];
    child.stderr?.on('data', (piece: Buffer) => errors.push(piece));
    const end = (failure: FailureKind, what: string) => {
      cause ??= { failure, what };
      child.kill('SIGKILL');
    };
    const watch = setInterval(() => {
      const number = this.notedNumber();
      if (number !== noted.number) noted = { number, since: now() };
      const { ms, mib } = this.settings.limits;
      const { clockMs, computedMs } = now();
      if (computedMs - noted.since.computedMs > ms) end('hang', `more than ${ms} ms of computing`);
      if (clockMs - noted.since.clockMs > PATIENCE * ms) end('hang', `more than ${PATIENCE * ms} ms on the clock`);
      const usedMib = residentMib(child.pid);
      if (usedMib > mib) end('memory', `${Math.round(usedMib)} MiB`);
    }, WATCH_MS);
    const result = await new Promise<BlockEnd>((resolve) => {
      child.once('message', (tally) => resolve({ tally: tally as Tally }));
      child.once('exit', (code, signal) => {
        const what = `ended with ${code ?? signal}: ${Buffer.concat(errors).toString().slice(-2000)}`;
        resolve({ number: this.notedNumber(), ...(cause ?? { failure: 'crash', what }) });
      });
      child.send(block);
    });
    clearInterval(watch);
    child.removeAllListeners('message');
    child.removeAllListeners('exit');
    child.stderr?.removeAllListeners('data');
    if (!('tally' in result)) this.child = undefined;
    return result;
  }

  /** End the child, if there is one, and remove its note. */
  close(): void {
    this.child?.kill('SIGKILL');
    this.child = undefined;
    rmSync(this.settings.numberFile, { force: true });
  }

  private notedNumber(): number {
    const bytes = readFileSync(this.settings.numberFile);
    return bytes.length < 8 ? Number.NaN : bytes.readDoubleLE(0);
  }
}

/** Resident memory of process `pid`; 0 where the system does not tell (it then shows at the end of a block only). */
function residentMib(pid: number | undefined): number {
  try {
    const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
    return (Number(pages) * PAGE_BYTES) / MIB;
  } catch {
    return 0;
  }
}

/** Computing time of process `pid` so far, ms; that of the clock where the system does not tell. */
function computedMs(pid: number | undefined): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return performance.now();
  }
}

/** Path of the child's script beside this module. */
export const childScript = (): string => fileURLToPath(new URL('./child.js', import.meta.url));
