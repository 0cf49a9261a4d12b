/**
 * A dry run: a transport gets small publications of every kind, and what it compiles must be sound. Finds in milliseconds
 * what would otherwise stall or falsify a replay.
 */
import { COST_COUNT } from '../../path/costs.js';
import { PathBuilder } from '../../path/path-builder.js';
import { Program } from '../../path/program.js';
import { type CommandWords, encodeCommand } from '../../trace/command.js';
import { Opcode } from '../../trace/opcodes.js';
import type { AtcTargeting } from '../targeting/targeting.js';
import { HANDLINGS, Handling, type Transport } from '../transport.js';
import { ProgramInspector, type ProgramRole } from './program-faults.js';
import { forwardAll, TrialTally, tlbi, unmapSubmission } from './trial.js';

const SYNC = encodeCommand(Opcode.SYNC);
const ATC = encodeCommand(Opcode.ATC_INV, { SID: 8, SIZE: 0, ADDR: 1 });
const STE = encodeCommand(Opcode.CFGI_STE, { SID: 8, LEAF: 1 });
const CD = encodeCommand(Opcode.CFGI_CD, { SID: 8, LEAF: 1 });
const ALL = encodeCommand(Opcode.TLBI_NSNH_ALL);
const PREFETCH = encodeCommand(Opcode.PREFETCH_CONFIG, { SID: 8 });
const STAGE_2 = encodeCommand(Opcode.TLBI_S12_VMALL);
const UNDEFINED: CommandWords = [0xff, 0, 0, 0];

/** What a guest publishes with one PROD write, from nothing to more than one host block. */
const SAMPLES: readonly (readonly [string, readonly CommandWords[]])[] = [
  ['an empty publication', []],
  ['TLBI_NH_VA, SYNC', unmapSubmission(1)],
  ['TLBI_NH_VA', [tlbi(1)]],
  ['SYNC', [SYNC]],
  ['ATC_INV, SYNC', [ATC, SYNC]],
  ['CFGI_STE, SYNC', [STE, SYNC]],
  ['CFGI_CD, SYNC', [CD, SYNC]],
  ['commands of every class', [tlbi(1), SYNC, CD, ATC, STE, PREFETCH, ALL, STAGE_2, UNDEFINED, tlbi(2), SYNC]],
  ['130 TLBI_NH_VA, SYNC', unmapSubmission(130)],
];

const HANDLING_VALUES: readonly unknown[] = Object.values(HANDLINGS);
const FUNCTIONS: Readonly<Record<ProgramRole, string>> = {
  submit: 'submit()',
  wakeWorker: 'wakeWorker()',
  drain: 'drain()',
};

/** Who receives an ATC_INV: the device that it names, or nobody. */
const TARGETINGS: readonly (readonly [string, AtcTargeting])[] = [
  ['', { targets: (sid) => [sid] }],
  [' when no device takes ATC_INVs', { targets: () => [] }],
];

/** The first faults that `transport` shows, each as "function for publication: expected …, found …"; empty if none. */
export function dryRunFaults(transport: Transport): string[] {
  for (const [circumstance, targeting] of TARGETINGS) {
    for (const [label, commands] of SAMPLES) {
      const found = sampleFaults(transport, targeting, commands);
      const faults = found.map(([role, fault]) => `${role} for ${label}${circumstance}: ${fault}`);
      if (faults.length > 0) return [...new Set(faults)];
    }
  }
  return [];
}

function sampleFaults(
  transport: Transport,
  targeting: AtcTargeting,
  commands: readonly CommandWords[],
): [role: string, fault: string][] {
  const { submission, handlings } = forwardAll(transport, targeting, commands);
  const strange = handlings.find((handling) => !HANDLING_VALUES.includes(handling));
  if (handlings.some((handling) => !HANDLING_VALUES.includes(handling))) {
    return [['forward()', `expected a value of Handling, found ${String(strange)}`]];
  }
  const inspector = new ProgramInspector(transport, submission);
  const path = new PathBuilder(new Float64Array(COST_COUNT).fill(1), new TrialTally());
  const program = new Program();
  const faults: [string, string][] = [];
  const inspect = (role: ProgramRole, compile: () => void) => {
    path.begin(program, true, submission);
    compile();
    for (const fault of inspector.faultsOf(program, role)) faults.push([FUNCTIONS[role], fault]);
  };
  inspect('submit', () => transport.submit(submission, path));
  if (inspector.isSignalled && faults.length === 0) {
    inspect('wakeWorker', () => transport.wakeWorker(path));
    inspect('drain', () => transport.drain(submission, path));
  }
  for (const fault of inspector.deliveryFaults()) faults.push(['submit()', fault]);
  for (const [row, handling] of handlings.entries()) {
    if (handling === Handling.Emulated && !inspector.effects.has(row)) {
      faults.push(['submit()', `expected effect(${row}) for a command that forward() called Emulated, found none`]);
    }
  }
  return faults;
}
