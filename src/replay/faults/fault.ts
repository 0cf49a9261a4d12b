/**
 * Faults as the user writes them: `--fault SPEC`, repeatable. Parsed and checked here; what each does to a path is in
 * replay/faults/faults.ts and, per strategy, in strategies/error-behaviour.ts.
 *
 * | SPEC | meaning |
 * |---|---|
 * | `illegal@N` | an undefined opcode, inserted so that it is the N-th command that the guest puts into its queues (from 1) |
 * | `unknown-vsid@N` | an ATC_INV to a StreamID that the host does not know, inserted likewise |
 * | `unknown-vsid:CFGI_CD@N` | the same with a CFGI_CD |
 * | `silent-device=SID` | the device SID (decimal or 0x…) never answers an ATC invalidation |
 * | `dead-worker@N` | the host worker dies when it would take up the guest's N-th command |
 *
 * Commands are inserted, not corrupted: nothing of the guest's own is lost but by the way in which a path handles the error.
 */
import { suggestion, UsageError } from '../../trace/errors.js';
import { Opcode } from '../../trace/opcodes.js';

/** One fault. `spec` is its canonical spelling: the key of `errors.incidents`. */
export type Fault =
  | {
      readonly spec: string;
      readonly kind: 'illegal' | 'unknown-vsid';
      readonly command: number;
      readonly opcode: number;
    }
  | { readonly spec: string; readonly kind: 'dead-worker'; readonly command: number }
  | { readonly spec: string; readonly kind: 'silent-device'; readonly sid: number }
  /** Not injected: it stands in the trace (replay/faults/trace-errors.ts). */
  | { readonly spec: string; readonly kind: 'in-trace' };

/** The opcode that `illegal` inserts: the architecture defines none (facts L §1.1). */
const ILLEGAL_OPCODE = 0xff;

/** Faults of one run at most: incidents are numbered in a byte. */
const MOST_FAULTS = 100;

const KINDS = ['illegal', 'unknown-vsid', 'silent-device', 'dead-worker'] as const;
const SPELLINGS =
  'illegal@N, unknown-vsid@N, unknown-vsid:CFGI_CD@N, silent-device=SID or dead-worker@N (N: a guest command, from 1)';

/**
 * Parse the values of `--fault`.
 * @throws UsageError for an unknown kind or operand, a command hit twice, a second silent device or dead worker
 */
export function parseFaults(specs: readonly string[]): Fault[] {
  const faults = specs.map(parseFault);
  if (faults.length > MOST_FAULTS) {
    throw new UsageError(`--fault: expected at most ${MOST_FAULTS}, found ${faults.length}`);
  }
  const taken = new Map<string, Fault>();
  for (const fault of faults) {
    const place = fault.kind === 'illegal' || fault.kind === 'unknown-vsid' ? `command ${fault.command}` : fault.kind;
    const other = taken.get(place);
    if (other !== undefined) {
      throw new UsageError(`--fault: expected one fault per command and kind, found ${other.spec} and ${fault.spec}`);
    }
    taken.set(place, fault);
  }
  return faults;
}

function parseFault(spec: string): Fault {
  const [, kind = '', opcode, sign, operand = ''] = /^([^:@=]*)(?::([^@=]*))?([@=])(.*)$/.exec(spec) ?? [];
  const known = KINDS.find((name) => name === kind);
  if (known === undefined) {
    const name = kind === '' ? spec : kind;
    throw new UsageError(`--fault: expected ${SPELLINGS}, found ${JSON.stringify(spec)}${suggestion(name, KINDS)}`);
  }
  if ((known === 'silent-device') !== (sign === '=') || (opcode !== undefined && known !== 'unknown-vsid')) {
    throw new UsageError(`--fault: expected ${SPELLINGS}, found ${JSON.stringify(spec)}`);
  }
  if (known === 'silent-device') {
    const sid = /^(0x[0-9a-f]+|\d+)$/i.test(operand) ? Number(operand) : Number.NaN;
    if (!(sid >= 0 && sid < 2 ** 32)) {
      throw new UsageError(`--fault ${spec}: expected a StreamID below 2^32, found ${JSON.stringify(operand)}`);
    }
    return { spec: `silent-device=0x${sid.toString(16)}`, kind: known, sid };
  }
  const command = /^\d+$/.test(operand) ? Number(operand) : 0;
  if (!Number.isSafeInteger(command) || command < 1) {
    throw new UsageError(`--fault ${spec}: expected a command number from 1, found ${JSON.stringify(operand)}`);
  }
  if (known === 'dead-worker') return { spec: `dead-worker@${command}`, kind: known, command };
  if (known === 'illegal') return { spec: `illegal@${command}`, kind: known, command, opcode: ILLEGAL_OPCODE };
  if (opcode !== undefined && opcode !== 'ATC_INV' && opcode !== 'CFGI_CD') {
    throw new UsageError(`--fault ${spec}: expected ATC_INV or CFGI_CD, found ${JSON.stringify(opcode)}`);
  }
  return opcode === 'CFGI_CD'
    ? { spec: `unknown-vsid:CFGI_CD@${command}`, kind: known, command, opcode: Opcode.CFGI_CD }
    : { spec: `unknown-vsid@${command}`, kind: known, command, opcode: Opcode.ATC_INV };
}
