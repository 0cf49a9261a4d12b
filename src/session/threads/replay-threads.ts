/**
 * The threads beside the one that decodes: each is posted every batch and replays its share of the strategies.
 */
import { Worker } from 'node:worker_threads';
import type { EventBatch } from '../../trace/events.js';
import type { FinishedReplay } from '../strategy-replays.js';
import { type Failure, fromPosted, lostThread } from './failure.js';
import type { EndOfTrace, FromThread, ReplayJob, ToThread } from './messages.js';
import { SharedBlocks } from './shared-blocks.js';

/** One thread, and how far it is. */
interface ReplayThread {
  readonly worker: Worker;
  isReady: boolean;
  /** Batches that it has done with; all there will ever be once it has ended. */
  taken: number;
  finished: readonly FinishedReplay[] | undefined;
  failure: Failure | undefined;
}

/** Heap for objects that have just been made, MiB: the loops allocate nothing, and Node would set 48 MiB apart. */
const YOUNG_MIB = 2;

/** Threads of one trace. Close them whatever happens. */
export class ReplayThreads {
  private readonly threads: readonly ReplayThread[];
  private readonly blocks = new SharedBlocks();
  /** Batches posted, and those of them that everybody has taken. */
  private posted = 0;
  private released = 0;
  private isEnded = false;
  private onNews = () => {};

  constructor(
    jobs: readonly ReplayJob[],
    private readonly signal: AbortSignal | undefined,
  ) {
    this.threads = jobs.map((job) => this.start(job));
    signal?.addEventListener('abort', this.onAbort);
  }

  /** True when going on is of no use: a thread has failed. */
  get hasFailed(): boolean {
    return this.threads.some(({ failure }) => failure !== undefined);
  }

  /** Post a batch; resolves when it has been copied, which may have to wait for a thread that is far behind. */
  async post(batch: EventBatch): Promise<void> {
    await this.blocks.room();
    this.signal?.throwIfAborted();
    this.posted++;
    this.tell({ batch: this.blocks.put(batch) });
  }

  /** The trace has ended. */
  end(end: EndOfTrace): void {
    this.isEnded = true;
    this.tell({ end });
  }

  /**
   * What their strategies come to; nothing of a thread that has failed (`failures`), nor before `end`. Resolves when every thread
   * has done with all that it was posted: it may be behind the one that asks, and fail at a place before it.
   */
  async finished(): Promise<FinishedReplay[]> {
    const isDone = ({ isReady, taken, finished, failure }: ReplayThread) =>
      failure !== undefined || finished !== undefined || (!this.isEnded && isReady && taken >= this.posted);
    while (!this.threads.every(isDone)) {
      this.signal?.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.onNews = resolve;
      });
    }
    return this.threads.flatMap(({ finished }) => finished ?? []);
  }

  /** Failures so far. */
  get failures(): Failure[] {
    return this.threads.flatMap(({ failure }) => failure ?? []);
  }

  /** End them, whatever they are at. */
  async close(): Promise<void> {
    this.signal?.removeEventListener('abort', this.onAbort);
    await Promise.all(this.threads.map(({ worker }) => worker.terminate()));
  }

  /** Whoever waits for a thread need not wait any longer. */
  private readonly onAbort = () => {
    this.releaseUpTo(this.posted);
    this.onNews();
  };

  private start(job: ReplayJob): ReplayThread {
    const worker = new Worker(new URL('./replay-worker.js', import.meta.url), {
      workerData: job,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    const thread: ReplayThread = { worker, isReady: false, taken: 0, finished: undefined, failure: undefined };
    const fail = (failure: Failure) => {
      thread.failure ??= failure;
      this.takeNews();
    };
    worker.on('message', (message: FromThread) => {
      if ('failure' in message) return fail(fromPosted(message.failure));
      if ('ready' in message) thread.isReady = true;
      else if ('taken' in message) thread.taken++;
      else thread.finished = message.finished;
      this.takeNews();
    });
    worker.on('error', (error) => fail(lostThread(error)));
    worker.on('exit', (code) => {
      if (thread.finished === undefined) fail(lostThread(new Error(`a thread of the replay ended with ${code}`)));
    });
    return thread;
  }

  private tell(message: ToThread): void {
    for (const { worker, failure } of this.threads) if (failure === undefined) worker.postMessage(message);
  }

  /** Somebody has got further. */
  private takeNews(): void {
    const least = Math.min(...this.threads.map(({ taken, failure }) => (failure === undefined ? taken : this.posted)));
    this.releaseUpTo(least);
    this.onNews();
  }

  private releaseUpTo(batches: number): void {
    if (batches <= this.released) return;
    this.blocks.release(batches - this.released);
    this.released = batches;
  }
}
