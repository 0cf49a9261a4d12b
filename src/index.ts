/**
 * The library (docs/library.md).
 *
 * - The tool's work as functions: `replay`, `compare`, `diff`, `inspect`, `openTrace`, `sweep`, `convert`, with the defaults
 *   of the command line. What the options or the input are to blame for is a UserError.
 * - What a strategy of your own is built from (docs/own-strategy.md): `Cost`, `ExitCause`, `Opcode`, `Fate`, the rules
 *   of the host's ioctl (`forwardToHost`), ready pieces of paths (`issueInBlocks` …), the fields of commands (`command`), and
 *   the types of the contract. A strategy file that exports a function is given these values and needs no import.
 */
import { FATES, type Fate as FateValue } from './strategies/transport.js';

export type { InspectDocument } from './analysis/inspect/document.js';
export type { DiffDocument } from './diff/document.js';
export type { OpenTrace } from './formats/open-trace.js';
export type { SavedTrace } from './formats/save-trace.js';
export { AbortError } from './library/abort.js';
export { compare, convert, diff, inspect, openTrace, replay, sweep } from './library/library.js';
export type {
  CompareOptions,
  ConvertOptions,
  DiffOptions,
  InspectOptions,
  OnProgress,
  OpenOptions,
  ReplayOptions,
  SweepOptions,
} from './library/options.js';
export type { DocumentInput } from './library/result-file.js';
export type { TraceInput } from './library/trace-input.js';
export type {
  WrittenResult as ResultDocument,
  WrittenStrategyResult as StrategyResult,
} from './results/document.js';
export type { WrittenStudy as StudyDocument } from './results/study-document.js';
export { emulate, isAttachCommand } from './strategies/attach.js';
export { forwardNested, isDeviceCacheCommand, isForwardable, isVcmdqCommand } from './strategies/forwarding.js';
export type { HostCommandSink } from './strategies/host-commands.js';
export { forwardToHost, hostKernel } from './strategies/host-kernel.js';
export { COSTS as Cost, type CostName, STAGES, type Stage } from './strategies/path/costs.js';
export type { PathBuilder } from './strategies/path/path-builder.js';
export type { Submission } from './strategies/path/submission.js';
export { ExitCause } from './strategies/path/tally.js';
export type { OptionSpec, Transport, TransportDefinition, TransportSetup } from './strategies/transport.js';
export { guestIssueLists } from './strategies/transports/native.js';
export { noWorker } from './strategies/transports/no-worker.js';
export {
  forwardByIoctl,
  HOST_BLOCK_COMMANDS,
  ioctlPerCommand,
  issueInBlocks,
  syncsIn,
} from './strategies/trapped-queue.js';
export type { StrategyKit, UserStrategy } from './strategies/user/load-user-strategy.js';
export * as command from './trace/command.js';
export { UserError } from './trace/errors.js';
export type { EventBatch } from './trace/events.js';
export { OPCODES as Opcode, opcodeClass } from './trace/opcodes.js';

/** What `forward` of a strategy returns: as values, and as their type. */
export const Fate = FATES;
export type Fate = FateValue;
