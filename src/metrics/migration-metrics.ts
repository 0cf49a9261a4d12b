/**
 * What a migrating replay counts more than any other: latencies before and after the change of paths, and the workers' CPU
 * time on either side of it.
 */
import { LatencyRecorder } from '../distribution/latency-recorder.js';
import type { Submission } from '../path/submission.js';
import type { Course } from '../replay/course.js';
import { ThreadKind } from '../replay/probe.js';
import { ReplayMetrics } from './replay-metrics.js';

/** Metrics of one migrating replay; index 0 is the old path, 1 the new. Warm-up is left out of the latencies. */
export class MigrationMetrics extends ReplayMetrics {
  /** PROD write → the guest sees its SYNC done, waiting for the new path included. */
  readonly submissionByPath = [new LatencyRecorder(), new LatencyRecorder()] as const;
  /** ns that workers were busy. */
  readonly workerCpuNs: [number, number] = [0, 0];
  private path: 0 | 1 = 0;

  override onSubmission(submission: Submission, publishedNs: number, doneNs: number, course: Course): void {
    super.onSubmission(submission, publishedNs, doneNs, course);
    if (!submission.measured || submission.syncCount === 0) return;
    this.submissionByPath[submission.path].record(doneNs - publishedNs);
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
    for (const recorder of this.submissionByPath) recorder.destroy();
  }
}
