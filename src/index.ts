/**
 * The library.
 *
 * - What a strategy of your own is built from (docs/own-strategy.md): `Cost`, `ExitCause`, `Opcode`, `Handling`, the rules
 *   of the host's ioctl (`forwardToHost`), ready pieces of paths (`issueInBlocks` …), the fields of commands (`command`), and
 *   the types of the contract. A strategy file that exports a function is given these values and needs no import.
 * - The tool's main job: `runReplays`, traces × strategies → result document. What the input is to blame for is a UserError.
 */
import { HANDLINGS, type Handling as HandlingValue } from './strategies/transport.js';

export type { TransformOptions } from './guest/transforms/transform.js';
export type { ResultDocument, StrategyResult } from './results/document.js';
export { type RunHooks, type RunOptions, runReplays } from './session/run.js';
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
export { OPCODES as Opcode, opcodeClass } from './trace/opcodes.js';

/** What `forward` of a strategy returns: as values, and as their type. */
export const Handling = HANDLINGS;
export type Handling = HandlingValue;
