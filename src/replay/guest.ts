/**
 * One VM of a replay: its VMM lock, its transport with workers, and the forwarding of what its vCPUs publish.
 *
 * VMs share the simulated host: the SMMUs with their queues 0, the devices' links, the clock. A transport's further queues
 * are each VM's own.
 */
import { PathBuilder, type PathTally, type QueueLayout } from '../path/path-builder.js';
import { FifoLock } from '../sim/fifo-lock.js';
import type { StrategyChoice } from '../strategies/spec.js';
import type { Transport } from '../strategies/transport.js';
import type { Topology } from '../topology/topology.js';
import { Forwarder } from './forwarder.js';
import type { ReplayProbe } from './probe.js';
import type { Machine } from './thread.js';
import { Worker } from './worker.js';

/** What a VM finds on its host. */
export interface Host extends Omit<Machine, 'vmmLock' | 'workers'> {
  readonly costNs: Float64Array;
  readonly topology: Topology;
}

/** One VM. */
export class Guest {
  readonly machine: Machine;
  readonly vmmLock: FifoLock;
  readonly workers: Worker[] = [];
  readonly path: PathBuilder;
  readonly layout: QueueLayout;
  readonly forwarder: Forwarder;

  constructor(
    host: Host,
    choice: StrategyChoice,
    readonly transport: Transport,
    readonly vm: number,
  ) {
    const { costNs, topology, engines } = host;
    const probe: ReplayProbe & PathTally = host.probe;
    this.vmmLock = new FifoLock(host.simulator);
    this.machine = { ...host, vmmLock: this.vmmLock, workers: this.workers };
    this.layout = {
      smmus: topology.smmuCount,
      queuesPerSmmu: engines.queuesPerSmmu,
      firstOwnQueue: 1 + vm * (transport.queueCount - 1),
    };
    const { layout } = this;
    this.path = new PathBuilder(costNs, probe, layout);
    for (let i = 0; i < transport.workerCount; i++) {
      this.workers.push(new Worker(this.machine, transport, new PathBuilder(costNs, probe, layout)));
    }
    const targeting = choice.targeting.create(topology);
    const routing = choice.routing.create(topology);
    const ownsStage1Only = choice.transport.walkStage === 'nested';
    const { effects } = host;
    this.forwarder = new Forwarder(transport, targeting, routing, topology, effects, probe, ownsStage1Only);
  }
}
