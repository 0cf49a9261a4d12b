/**
 * One VM of a replay: its VMM lock, its paths with their workers, and the forwarding of what its vCPUs publish.
 *
 * VMs share the simulated host: the SMMUs with their queues 0, the devices' links, the clock. A transport's further queues
 * are each VM's own.
 */

import { FifoLock } from '../machine/sim/fifo-lock.js';
import { Compiler } from '../strategies/path/compiler.js';
import type { PathBuilder } from '../strategies/path/path-builder.js';
import type { QueueLayout } from '../strategies/path/queue-verbs.js';
import type { Submission } from '../strategies/path/submission.js';
import type { PathTally } from '../strategies/path/tally.js';
import { FaultyPath } from './faults/faulty-path.js';
import { Forwarder } from './forwarder.js';
import { ownQueuesOf, type ReplayPath } from './migration/paths.js';
import { ThreadKind } from './probe.js';
import { VmContext, type VmHost } from './vm-context.js';
import { Worker } from './worker.js';

/** One VM. */
export class Guest {
  readonly context: VmContext;
  readonly vmmLock: FifoLock;
  readonly workers: Worker[] = [];
  /** Where the queues and workers of each path are. */
  readonly layouts: readonly QueueLayout[];
  readonly forwarder: Forwarder;

  constructor(
    private readonly host: VmHost,
    readonly paths: readonly ReplayPath[],
    readonly vm: number,
    /** Steps in which the host writes an STE. */
    steWrites: number,
    /** Requests come from unmap events (see unmap-requests.ts). */
    takesUnmaps: boolean,
    /** VMIDs of the trace are real: commands keep theirs. */
    hasVmids: boolean,
  ) {
    const { probe, effects, topology, timeline, faults } = host;
    this.vmmLock = new FifoLock(host.simulator);
    if (timeline !== undefined) {
      this.vmmLock.onHeld = (actor, sinceNs, untilNs) => timeline.onLockHeld(vm, actor, sinceNs, untilNs);
    }
    this.context = new VmContext(host, this.vmmLock, this.workers, vm);
    this.layouts = this.layOut(paths);
    for (const [index, { transport }] of paths.entries()) {
      const drain = (rows: Submission, path: PathBuilder) => transport.drain(rows, path);
      for (let i = 0; i < transport.workerCount; i++) {
        const preludes = this.pathBuilder(index, probe, true);
        this.workers.push(new Worker(this.context, transport, preludes, this.compiler(index, drain, true)));
      }
    }
    for (const [index, { actor }] of this.workers.entries()) timeline?.onThread(actor, ThreadKind.Worker, vm, index);
    const [{ choice, transport }] = paths;
    const routing = choice.routing.create(topology);
    const targeting = choice.targeting.create(topology, routing);
    const ownsStage1Only = choice.transport.walkStage === 'nested';
    this.forwarder = new Forwarder({
      ...{ transport, targeting, routing, topology, effects, probe, ownsStage1Only, steWrites, takesUnmaps },
      vmid: hasVmids || choice.transport.keepsVmid === true ? -1 : vm,
      faults: faults.plan,
    });
  }

  /** What compiles the submissions of one vCPU, by path. */
  vcpuCompilers(): Compiler[] {
    return this.paths.map(({ transport }, index) =>
      this.compiler(index, (submission, path) => transport.submit(submission, path), false),
    );
  }

  private compiler(
    index: number,
    compile: (rows: Submission, path: PathBuilder) => void,
    isWorkers: boolean,
  ): Compiler {
    const { probe, faults } = this.host;
    const repeats = () => !faults.plan.isArmed && this.paths[index].transport.compilesEach !== true;
    return new Compiler((tally) => this.pathBuilder(index, tally, isWorkers), probe, compile, repeats);
  }

  private pathBuilder(index: number, tally: PathTally, isWorkers: boolean): PathBuilder {
    const { costNs, faults } = this.host;
    return new FaultyPath(costNs, tally, this.layouts[index], faults, isWorkers);
  }

  /** What is published from now on goes by the second path. */
  changePath(): void {
    const { topology } = this.host;
    const [, { choice, transport }] = this.paths;
    const routing = choice.routing.create(topology);
    this.forwarder.changePath(transport, choice.targeting.create(topology, routing), routing);
  }

  private layOut(paths: readonly ReplayPath[]): QueueLayout[] {
    const { topology, engines } = this.host;
    const layouts: QueueLayout[] = [];
    let firstOwnQueue = 1 + this.vm * ownQueuesOf(paths);
    let firstWorker = 0;
    for (const { transport } of paths) {
      layouts.push({ smmus: topology.smmuCount, queuesPerSmmu: engines.queuesPerSmmu, firstOwnQueue, firstWorker });
      firstOwnQueue += transport.queueCount - 1;
      firstWorker += transport.workerCount;
    }
    return layouts;
  }
}
