/**
 * The paths of one VM: one, or with a migration two, side by side in the same machine. They share the physical main queue
 * (queue 0) and nothing else; the second one's other queues and its workers are numbered behind the first one's.
 */

import type { LoadedProfile } from '../../profiles/load.js';
import type { FlawOf } from '../../strategies/flaws.js';
import type { HostCommandSink } from '../../strategies/host-commands.js';
import { makeTransport, pathsOf } from '../../strategies/migration.js';
import type { PathBuilder } from '../../strategies/path/path-builder.js';
import type { Submission } from '../../strategies/path/submission.js';
import type { StrategyChoice } from '../../strategies/spec.js';
import type { Fate, Transport } from '../../strategies/transport.js';

/** One path, ready to run. */
export interface ReplayPath {
  readonly choice: StrategyChoice;
  readonly transport: Transport;
}

/**
 * A transport as the replay calls it, once per command and submission. Strategy files return an object of whatever shape;
 * here all of them have one, so that the calls stay fast however many strategies a process replays.
 */
class RunningTransport implements Transport {
  readonly queueCount: number;
  readonly workerCount: number;
  readonly isWorkerPolling: boolean;
  readonly workerSpinNs?: number;
  readonly isQueuePerVcpu: boolean;
  readonly attachesStreams: boolean;
  readonly needsDomains: boolean;
  readonly compilesEach: boolean;
  readonly flawOf?: FlawOf;
  readonly unmapsWithoutRanges: boolean;
  readonly gather?: NonNullable<Transport['gather']>;
  private readonly forwardOf: Transport['forward'];
  private readonly submitOf: Transport['submit'];
  private readonly drainOf: Transport['drain'];

  constructor(private readonly made: Transport) {
    this.queueCount = made.queueCount;
    this.workerCount = made.workerCount;
    this.isWorkerPolling = made.isWorkerPolling;
    if (made.workerSpinNs !== undefined) this.workerSpinNs = made.workerSpinNs;
    this.isQueuePerVcpu = made.isQueuePerVcpu === true;
    this.attachesStreams = made.attachesStreams === true;
    this.needsDomains = made.needsDomains === true;
    this.compilesEach = made.compilesEach === true;
    this.unmapsWithoutRanges = made.unmapsWithoutRanges === true;
    if (made.flawOf !== undefined) this.flawOf = made.flawOf;
    if (made.gather !== undefined) this.gather = made.gather.bind(made);
    this.forwardOf = made.forward;
    this.submitOf = made.submit;
    this.drainOf = made.drain;
  }

  forward(
    c0Low: number,
    c0High: number,
    c1Low: number,
    c1High: number,
    sink: HostCommandSink,
    previousOpcode: number,
  ): Fate {
    return this.forwardOf.call(this.made, c0Low, c0High, c1Low, c1High, sink, previousOpcode);
  }

  submit(submission: Submission, path: PathBuilder): void {
    this.submitOf.call(this.made, submission, path);
  }

  wakeWorker(path: PathBuilder): void {
    this.made.wakeWorker(path);
  }

  drain(rows: Submission, path: PathBuilder): void {
    this.drainOf.call(this.made, rows, path);
  }
}

/** The paths of `choice`, the one that the trace begins with first. */
export function makePaths(choice: StrategyChoice, profile: LoadedProfile): readonly ReplayPath[] {
  return pathsOf(choice).map((one) => ({ choice: one, transport: new RunningTransport(makeTransport(one, profile)) }));
}

/** Command queues that `paths` have beside the physical main queue. */
export function ownQueuesOf(paths: readonly ReplayPath[]): number {
  return paths.reduce((sum, { transport }) => sum + transport.queueCount - 1, 0);
}
