/**
 * The contract of a transport: how guest commands reach the physical SMMU and what that costs (design §5).
 *
 * Contract:
 * - `forward` decides, per guest command and without regard to time, which host commands it becomes. It is called once per
 *   published command, in queue order, and emits host commands into the sink in the order in which the SMMU must see them.
 * - `submit` compiles what the vCPU does for one PROD write into path verbs; row i of the submission is guest command i.
 *   It is called when the vCPU publishes, possibly long after `forward`.
 * - `drain` (only with a worker) compiles what the worker does for the commands it finds; it must say `complete(rows)`
 *   after each part and finally for all rows.
 * - Unless `compilesEach` is set, what `submit` and `drain` say follows from the vCPU and the shape of the submission alone
 *   (strategies/path/submission-shape.ts), so that they are not called for one that has the shape of the one before; and `wakeWorker`
 *   and `gather` always say the same and count nothing, so that they are called once.
 * - A transport keeps no state between calls that depends on time, prints nothing and reads no trace.
 */

import type { ErrorBehaviour } from './error-behaviour.js';
import type { Fate } from './fate.js';
import type { FlawOf } from './flaws.js';
import type { HostCommandSink } from './host-commands.js';
import type { PathBuilder } from './path/path-builder.js';
import type { Submission } from './path/submission.js';

export { FATES, Fate } from './fate.js';

/** One option of a strategy, written `NAME:key=value`. */
export interface OptionSpec {
  readonly key: string;
  readonly help: string;
  readonly default: string;
  /** Legal values; absent: an integer in `range`. */
  readonly choices?: readonly string[];
  readonly range?: readonly [number, number];
}

/** A transport ready to run with its options. */
export interface Transport {
  /** Command queues of the SMMU that it uses; queue 0 is the main queue. */
  readonly queueCount: number;
  /** Host worker threads. */
  readonly workerCount: number;
  /** The worker never sleeps: it burns a core for the whole replay. */
  readonly isWorkerPolling: boolean;
  /** For how long an idle worker goes on polling before it sleeps, ns; absent: it sleeps at once, or never. */
  readonly workerSpinNs?: number;
  /** Every vCPU has a queue of its own: its SYNC says nothing about commands of other vCPUs. */
  readonly isQueuePerVcpu?: boolean;
  /** Its VMM attaches streams for CFGI_STE and CFGI_STE_RANGE: `submit` or `drain` says `emulate` for them (see attach.ts). */
  readonly attachesStreams?: boolean;
  /** It asks which streams share a domain (HostCommandSink.emitToDomain). */
  readonly needsDomains?: boolean;
  /** The host's own unmaps do without range invalidation: its SMMU has none. */
  readonly unmapsWithoutRanges?: boolean;
  /**
   * What is wrong with a command of the trace, whatever stands before it (see flaws.ts): such a command is not forwarded but takes
   * the course of an error. Absent: whatever `forward` makes of it.
   */
  readonly flawOf?: FlawOf;
  /** Its verbs depend on more than the shape of a submission, or on what came before: they are asked for each time. */
  readonly compilesEach?: boolean;
  /** `previousOpcode`: the nearest earlier command of the same publication that is not a SYNC; -1 if none. */
  forward(
    c0Low: number,
    c0High: number,
    c1Low: number,
    c1High: number,
    sink: HostCommandSink,
    previousOpcode: number,
  ): Fate;
  submit(submission: Submission, path: PathBuilder): void;
  /** The idle worker begins to run. */
  wakeWorker(path: PathBuilder): void;
  /**
   * What the worker does before it takes the commands that have arrived, whether it was idle or has just ended a drain: a window
   * (`path.spend`). What arrives meanwhile joins them. Verbs of time only; absent: it takes them at once.
   */
  gather?(path: PathBuilder): void;
  drain(rows: Submission, path: PathBuilder): void;
}

/** What a transport may consult when it is made. */
export interface TransportSetup {
  /** Option values, complete with defaults. */
  readonly option: (key: string) => string;
  /** Numeric profile parameter. */
  readonly parameter: (key: string) => number;
  /** Profile parameter with unit `name`. */
  readonly text: (key: string) => string;
}

/** Values of a profile, by key. */
export interface ParameterValues {
  number(key: string): number;
  text(key: string): string;
}

/** The setup of a transport with the option values `options` under the profile `values`. */
export function setupOf(options: ReadonlyMap<string, string>, values: ParameterValues): TransportSetup {
  return {
    option: (key) => options.get(key) ?? '',
    // Parameters are whole numbers; only the search of a fit passes between them.
    parameter: (key) => Math.round(values.number(key)),
    text: (key) => values.text(key),
  };
}

/** A transport as the registry lists it. */
export interface TransportDefinition {
  readonly name: string;
  /** One line for `smmuscope strategies`. */
  readonly summary: string;
  readonly defaultAtc: string;
  /** Stages that a device's translation passes: bare metal has no stage 2. */
  readonly walkStage: 'nested' | 's1';
  readonly options: readonly OptionSpec[];
  /** Commands reach the SMMU with the VMID that they name: bare metal. */
  readonly keepsVmid?: boolean;
  /** The guest writes into queues of the SMMU itself, so that no VMM can replicate its commands to several SMMUs. */
  readonly queuesAreMapped?: boolean;
  /**
   * What its unmap requests are derived from where the trace has no unmap events; for transports that take no commands (see
   * paravirtual.ts).
   */
  readonly unmapsDerivedFrom?: 'tlbi';
  /** What it does with errors, given its option values; absent: not known, and `--fault` says so. */
  errors?(option: (key: string) => string): ErrorBehaviour;
  create(setup: TransportSetup): Transport;
  /**
   * Absent: instances share nothing. Of a user's own (user/load-user-strategy.ts): make another one and hold it against the first.
   * @throws UsageError if it does something else: state has outlived an instance
   */
  recheck?(setup: TransportSetup): void;
}
