/**
 * What a migrating replay counts more than any other: latencies before and after the change of paths, and the workers' CPU
 * time on either side of it.
 */
import { LatencyRecorder } from '../numbers/latency-recorder.js';
import type { Operation } from '../replay/operation.js';
import { ThreadKind } from '../replay/probe.js';
import { ReplayMetrics } from './replay-metrics.js';

/** Metrics of one migrating replay; index 0 is the old path, 1 the new. Warm-up is left out of the latencies. */
export class MigrationMetrics extends ReplayMetrics {
  /** Operations by the path on which they ended, waiting for the new path included. */
  readonly operationByPath = [new LatencyRecorder(), new LatencyRecorder()] as const;
  /** ns that workers were busy. */
  readonly workerCpuNs: [number, number] = [0, 0];
  private path: 0 | 1 = 0;

  override onOperation(operation: Operation): void {
    super.onOperation(operation);
    if (operation.measured && operation.hasWork) this.operationByPath[operation.path].record(operation.heldNs);
  }

  override onHostCpu(kind: number, ns: number): void {
    super.onHostCpu(kind, ns);
    if (kind === ThreadKind.Worker) this.workerCpuNs[this.path] += ns;
  }

  onPathsChanged(): void {
    this.path = 1;
  }

  override destroy(): void {
    super.destroy();
    for (const recorder of this.operationByPath) recorder.destroy();
  }
}
