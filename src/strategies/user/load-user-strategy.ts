/**
 * A user's own strategy from a file: an ES module whose default export is a TransportDefinition, or a function that is
 * given the strategy kit and returns one (so that a file anywhere needs no import).
 *
 * The file is held against the contract at load, what `create` returns when it is made (with a dry run of instances of their
 * own), and what its functions throw later is reported as its own defect. All three are UsageErrors that name the file.
 */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as command from '../../trace/command.js';
import { UsageError, UserError } from '../../trace/errors.js';
import { OPCODES, opcodeClass } from '../../trace/opcodes.js';
import { emulate, isAttachCommand } from '../attach.js';
import { forwardNested, isDeviceCacheCommand, isForwardable, isVcmdqCommand } from '../forwarding.js';
import { forwardToHost, hostKernel } from '../host-kernel.js';
import { COSTS } from '../path/costs.js';
import type { PathBuilder } from '../path/path-builder.js';
import { ExitCause } from '../path/tally.js';
import { VerbError } from '../path/verb-error.js';
import { FATES, type Transport, type TransportDefinition, type TransportSetup } from '../transport.js';
import { guestIssueLists } from '../transports/native.js';
import { noWorker } from '../transports/no-worker.js';
import { forwardByIoctl, HOST_BLOCK_COMMANDS, ioctlPerCommand, issueInBlocks, syncsIn } from '../trapped-queue.js';
import { strategyCode } from './code/strategy-code.js';
import { definitionFaults, named, transportFaults } from './definition-faults.js';
import { type DryRun, dryRun, firstDifference } from './dry-run.js';
import { SetupLog } from './setup-log.js';
import { noteStrategyFile, type StrategyModule } from './strategy-files.js';

/** Everything that a strategy is built from; the package exports the same names (src/index.ts). */
export const strategyKit = Object.freeze({
  Cost: COSTS,
  ExitCause,
  Fate: FATES,
  HOST_BLOCK_COMMANDS,
  Opcode: OPCODES,
  command,
  emulate,
  forwardNested,
  forwardToHost,
  guestIssueLists,
  hostKernel,
  ioctlPerCommand,
  isAttachCommand,
  isDeviceCacheCommand,
  isForwardable,
  isVcmdqCommand,
  forwardByIoctl,
  issueInBlocks,
  noWorker,
  opcodeClass,
  syncsIn,
});
export type StrategyKit = typeof strategyKit;

/** What a user's module may export as its default. */
export type UserStrategy = TransportDefinition | ((kit: StrategyKit) => TransportDefinition);

/** A strategy from a file, ready for the registry's place. */
export interface LoadedStrategy {
  readonly transport: TransportDefinition;
  readonly module: StrategyModule;
}

const require = createRequire(import.meta.url);
const cache = new Map<string, LoadedStrategy>();

/** True for a strategy name that means a file: it has a slash or backslash, or ends in .js or .mjs. */
export function isStrategyFile(name: string): boolean {
  return /[/\\]|\.m?js$/.test(name);
}

/**
 * Load the strategy in `file` (as the user wrote it; messages repeat it). A file is loaded once per process.
 * @throws UsageError for a file that cannot be read or run, or that breaks the contract
 */
export function loadUserStrategy(file: string): LoadedStrategy {
  const path = resolve(file);
  const known = cache.get(path);
  if (known !== undefined) return known;
  const code = strategyCode(file);
  const module = new UserModule(file, path);
  const { transport } = module;
  const loaded = { transport, module: { strategy: transport.name, path, ...code } };
  cache.set(path, loaded);
  noteStrategyFile(loaded.module);
  return loaded;
}

/** What instances that were made alike did in a dry run. */
interface Trial {
  readonly run: DryRun;
  readonly rounds: number;
  /** All that they read of their setup, by then. */
  readonly read: string;
}

/** Rounds for options that are new, and for parameters that are: a calibration makes a strategy thousands of times. */
const ROUNDS = { options: 8, parameters: 1 } as const;

/** A module that has been loaded, and what its instances have been seen to do. */
class UserModule {
  /** What the file exports, each function guarded. */
  readonly transport: TransportDefinition;
  private readonly exported: unknown;
  /** By what instances read when they are made. */
  private readonly trials = new Map<string, Trial>();
  /** By the options among it. */
  private readonly triedOptions = new Set<string>();

  constructor(
    private readonly file: string,
    private readonly path: string,
  ) {
    this.exported = defaultExport(file, path);
    const create = (setup: TransportSetup) => this.create(setup);
    const recheck = (setup: TransportSetup) => this.recheck(setup);
    this.transport = { ...this.definition(), create, recheck };
  }

  /** The definition; from a function that returns it a new one each time, so that what it closes over is of one instance. */
  private definition(): TransportDefinition {
    const { file, path, exported } = this;
    const definition: unknown =
      typeof exported === 'function' ? attempt(file, path, 'default export', () => exported(strategyKit)) : exported;
    refuse(file, definitionFaults(definition));
    return definition as TransportDefinition;
  }

  /**
   * An instance that has done nothing yet. Two others that were made alike have shown in a dry run that what it does is sound,
   * and the same: a result must not depend on what was replayed before it.
   */
  private create(setup: TransportSetup): Transport {
    const made = this.readBy(setup);
    if (!this.trials.has(made.key)) {
      const rounds = this.triedOptions.has(made.options) ? ROUNDS.parameters : ROUNDS.options;
      const [first, second] = [this.try(setup, rounds), this.try(setup, rounds)];
      this.requireSame(first, second);
      this.trials.set(made.key, first);
      this.triedOptions.add(made.options);
    }
    return this.instance(setup);
  }

  /** Hold another instance against the first ones: what replays have left outside of theirs shows in what it does. */
  private recheck(setup: TransportSetup): void {
    const known = this.trials.get(this.readBy(setup).key);
    if (known !== undefined) this.requireSame(known, this.try(setup, known.rounds));
  }

  /** What an instance reads when it is made. */
  private readBy(setup: TransportSetup): SetupLog {
    const log = new SetupLog(setup);
    this.instance(log);
    return log;
  }

  private try(setup: TransportSetup, rounds: number): Trial {
    const log = new SetupLog(setup);
    const run = dryRun(this.instance(log), rounds);
    refuse(this.file, run.faults);
    return { run, rounds, read: log.key };
  }

  private requireSame(one: Trial, other: Trial): void {
    // What they read later than when they were made may be another profile's.
    const place = one.read === other.read ? firstDifference(one.run, other.run) : undefined;
    if (place === undefined) return;
    const expected = 'every instance from create() to do the same with the same commands';
    refuse(this.file, [
      `${place}: expected ${expected}, found a difference (state outside of the instance, or chance)`,
    ]);
  }

  private instance(setup: TransportSetup): Transport {
    const { file, path } = this;
    const definition = this.definition();
    const made = attempt(file, path, 'create()', () => definition.create(setup));
    refuse(file, transportFaults(made));
    return guardedTransport(made, file, path);
  }
}

function defaultExport(file: string, path: string): unknown {
  let exports: { readonly default?: unknown };
  try {
    exports = require(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_REQUIRE_ASYNC_MODULE') {
      throw new UsageError(`${file}: expected a module without top-level await, found one that awaits`);
    }
    throw defect(file, path, 'expected an ES module that loads, found', error);
  }
  const value = exports.default;
  if (value === undefined) throw new UsageError(`${file}: expected a default export (export default …), found none`);
  return value;
}

function guardedTransport(made: Transport, file: string, path: string): Transport {
  const { queueCount, workerCount, gather } = made;
  return {
    ...made,
    queueCount,
    workerCount,
    isWorkerPolling: made.isWorkerPolling === true,
    // A user's code may look at whatever it likes.
    compilesEach: true,
    forward(c0Low, c0High, c1Low, c1High, sink, previousOpcode) {
      try {
        return made.forward(c0Low, c0High, c1Low, c1High, sink, previousOpcode);
      } catch (error) {
        throw defect(file, path, 'forward(): expected a value of Fate, found', error);
      }
    },
    submit: (submission, builder) => attempt(file, path, 'submit()', () => made.submit(submission, builder)),
    wakeWorker: (builder) => attempt(file, path, 'wakeWorker()', () => made.wakeWorker(builder)),
    ...(gather === undefined
      ? {}
      : { gather: (builder: PathBuilder) => attempt(file, path, 'gather()', () => gather.call(made, builder)) }),
    drain: (rows, builder) => attempt(file, path, 'drain()', () => made.drain(rows, builder)),
  };
}

/** Run `work` of the user's; what it throws becomes one sentence. */
function attempt<T>(file: string, path: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw defect(file, path, error instanceof VerbError ? `${what}:` : `${what}: expected it to return, found`, error);
  }
}

/** The sentence for something that the user's code threw, with the line in its file if the stack tells. */
function defect(file: string, path: string, what: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  const line = lineIn(path, error instanceof Error ? error.stack : undefined);
  const name = error instanceof VerbError ? '' : `${(error as Error)?.name}: `;
  const thrown = error instanceof Error ? `${name}${error.message.split('\n')[0]}` : named(error);
  return new UsageError(`${file}${line === undefined ? '' : `:${line}`}: ${what} ${thrown}`);
}

/** Line of the first place in the file at `path` that `stack` names. */
function lineIn(path: string, stack = ''): number | undefined {
  for (const name of [pathToFileURL(path).href, path]) {
    const at = stack.indexOf(`${name}:`);
    if (at >= 0) return Number.parseInt(stack.slice(at + name.length + 1), 10);
  }
  return undefined;
}

/** @throws UsageError with all of `faults`, if there are any */
function refuse(file: string, faults: readonly string[]): void {
  if (faults.length > 0) throw new UsageError(faults.map((fault) => `${file}: ${fault}`).join('; '));
}
