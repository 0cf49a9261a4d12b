/**
 * A dry run: a transport gets small publications of every kind, and what it compiles must be sound. Finds in milliseconds
 * what would otherwise stall or falsify a replay. Two runs can be compared: instances of one strategy must not differ.
 */

import { type CommandWords, encodeCommand } from '../../trace/command.js';
import { Opcode } from '../../trace/opcodes.js';
import { COST_COUNT } from '../path/costs.js';
import { PathBuilder } from '../path/path-builder.js';
import { Program } from '../path/program.js';
import type { Submission } from '../path/submission.js';
import type { AtcTargeting } from '../targeting/targeting.js';
import { FATES, Fate, type Transport } from '../transport.js';
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

const FATE_VALUES: readonly unknown[] = Object.values(FATES);
const FUNCTIONS: Readonly<Record<ProgramRole, string>> = {
  submit: 'submit()',
  wakeWorker: 'wakeWorker()',
  gather: 'gather()',
  drain: 'drain()',
};

/** Who receives an ATC_INV: the device that it names, or nobody. */
const TARGETINGS: readonly (readonly [string, AtcTargeting])[] = [
  ['', { targets: (sid) => [sid] }],
  [' when no device takes ATC_INVs', { targets: () => [] }],
];

/** What a transport did in a dry run. */
export interface DryRun {
  /** The first faults that it showed, each as "function for publication: expected …, found …"; empty if none. */
  readonly faults: readonly string[];
  /** By publication, in order: everything that it said, as text that two runs can be compared by. */
  readonly said: readonly string[];
}

/**
 * Give `transport` every publication in turn, up to the first fault.
 * @param rounds so many times all of them: what it does in the beginning only, or counts, has time to show
 */
export function dryRun(transport: Transport, rounds: number): DryRun {
  const said: string[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const { circumstance, targeting, label, commands } of PUBLICATIONS) {
      const sample = new Sample(transport, targeting, commands);
      const faults = sample.faults.map(([role, fault]) => `${role} for ${label}${circumstance}: ${fault}`);
      if (faults.length > 0) return { faults: [...new Set(faults)], said };
      said.push(sample.said.join());
    }
  }
  return { faults: [], said };
}

/** Where two dry runs of as many rounds part, in words; undefined if they are the same. */
export function firstDifference(a: DryRun, b: DryRun): string | undefined {
  const at = a.said.findIndex((text, index) => text !== b.said[index]);
  if (at < 0) return undefined;
  const { label, circumstance } = PUBLICATIONS[at % PUBLICATIONS.length];
  return `publication ${at + 1} (${label}${circumstance})`;
}

const PUBLICATIONS = TARGETINGS.flatMap(([circumstance, targeting]) =>
  SAMPLES.map(([label, commands]) => ({ circumstance, targeting, label, commands })),
);

/** One publication, and what a transport makes of it. */
class Sample {
  readonly faults: [role: string, fault: string][] = [];
  /** Fates, host commands, steps and counts. */
  readonly said: number[] = [];

  constructor(transport: Transport, targeting: AtcTargeting, commands: readonly CommandWords[]) {
    const { submission, fates, hostWords } = forwardAll(transport, targeting, commands);
    const strange = fates.findIndex((fate) => !FATE_VALUES.includes(fate));
    if (strange >= 0) {
      this.faults.push(['forward()', `expected a value of Fate, found ${String(fates[strange])}`]);
      return;
    }
    this.said.push(...fates, ...hostWords);
    this.compile(transport, submission, fates);
  }

  private compile(transport: Transport, submission: Submission, fates: readonly number[]): void {
    const { faults } = this;
    const inspector = new ProgramInspector(transport, submission);
    const tally = new TrialTally();
    const path = new PathBuilder(new Float64Array(COST_COUNT).fill(1), tally);
    const program = new Program();
    const inspect = (role: ProgramRole, compile: () => void) => {
      path.begin(program, true, submission);
      compile();
      for (const fault of inspector.faultsOf(program, role)) faults.push([FUNCTIONS[role], fault]);
      this.note(program, tally);
    };
    inspect('submit', () => transport.submit(submission, path));
    if (inspector.isSignalled && faults.length === 0) {
      inspect('wakeWorker', () => transport.wakeWorker(path));
      inspect('gather', () => transport.gather?.(path));
      inspect('drain', () => transport.drain(submission, path));
    }
    for (const fault of inspector.deliveryFaults()) faults.push(['submit()', fault]);
    for (const [row, fate] of fates.entries()) {
      if (fate === Fate.Emulated && !inspector.effects.has(row)) {
        faults.push(['submit()', `expected effect(${row}) for a command that forward() called Emulated, found none`]);
      }
    }
  }

  private note(program: Program, { exits, ioctls, addedSyncs }: TrialTally): void {
    for (let step = 0; step < program.length; step++) {
      this.said.push(program.operation(step), program.a(step), program.b(step), program.c(step));
    }
    this.said.push(exits, ioctls, addedSyncs);
  }
}
