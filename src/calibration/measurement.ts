/**
 * What a calibration learns from: submissions whose latency was measured, told apart by what their path makes of them.
 */
import { latencyNs } from '../explain/priced-passage.js';
import type { LoadedProfile } from '../profiles/load.js';
import type { Submission } from '../strategies/path/submission.js';
import type { StrategyChoice } from '../strategies/spec.js';
import { setupOf } from '../strategies/transport.js';
import { forwardAll } from '../strategies/user/trial.js';
import { Topology } from '../topology/topology.js';
import type { CommandWords } from '../trace/command.js';
import { Opcode, opcodeKey } from '../trace/opcodes.js';

/** Measurements of submissions of one shape: `count` of them took `latencyNs`. */
export interface Measurement {
  /** Index into `Shapes.all`. */
  readonly shape: number;
  /** The guest's PROD write → it sees its CMD_SYNC done, ns; above 0. */
  readonly latencyNs: number;
  readonly count: number;
  /** Place among the measurements of its file, from 0. */
  readonly position: number;
}

/** Submissions that a strategy cannot tell apart: the same commands, forwarded alike. */
export interface Shape {
  readonly choice: StrategyChoice;
  /** Commands ahead of the CMD_SYNC. */
  readonly commands: number;
  /** `2 TLBI_NH_VA`, `CFGI_CD + TLBI_NH_ASID`; `bare` for a CMD_SYNC alone. */
  readonly label: string;
  readonly submission: Submission;
}

/** Every shape that was measured, densely numbered from 0. */
export class Shapes {
  readonly all: Shape[] = [];
  private readonly byKey = new Map<string, number>();

  /** @param profile what a transport may consult when it decides what to forward */
  constructor(private readonly profile: LoadedProfile) {}

  /** The shape of `commands` (CMD_SYNC included), published at once on the path of `choice`. */
  of(choice: StrategyChoice, commands: readonly CommandWords[]): number {
    const topology = new Topology();
    const targeting = choice.targeting.create(topology, choice.routing.create(topology));
    const { submission } = forwardAll(transportOf(choice, this.profile), targeting, commands);
    const key = `${choice.canonicalName}/${choice.targeting.name}/${signature(submission)}`;
    let index = this.byKey.get(key);
    if (index === undefined) {
      index = this.all.length;
      this.byKey.set(key, index);
      const opcodes = commands.map(([low]) => low & 0xff).filter((opcode) => opcode !== Opcode.SYNC);
      this.all.push({ choice, commands: opcodes.length, label: labelOf(opcodes), submission });
    }
    return index;
  }
}

/** Latency of `shape` on an idle machine under `profile`, ns: what a replay of it alone comes to (replay/idle-machine.ts). */
export function predictNs({ choice, submission }: Shape, profile: LoadedProfile): number {
  return latencyNs(choice, profile, submission);
}

const transportOf = ({ transport, options }: StrategyChoice, profile: LoadedProfile) =>
  transport.create(setupOf(options, profile));

/** All of a submission that a path looks at. */
function signature(submission: Submission): string {
  const { guestCount, hostCountTotal } = submission;
  const rows = Array.from(
    { length: guestCount },
    (_, row) => `${submission.guestOpcode[row]}:${submission.hostCount[row]}`,
  );
  const host = Array.from({ length: hostCountTotal }, (_, at) => {
    const opcode = submission.hostOpcode[at];
    return opcode === Opcode.ATC_INV ? `${opcode}@${submission.hostSid[at]}` : `${opcode}`;
  });
  return `${rows.join()}|${host.join()}`;
}

/** Opcodes in order of appearance, runs counted. */
function labelOf(opcodes: readonly number[]): string {
  const runs: { opcode: number; count: number }[] = [];
  for (const opcode of opcodes) {
    const last = runs.at(-1);
    if (last?.opcode === opcode) last.count++;
    else runs.push({ opcode, count: 1 });
  }
  if (runs.length === 0) return 'bare';
  return runs.map(({ opcode, count }) => `${count === 1 ? '' : `${count} `}${opcodeKey(opcode)}`).join(' + ');
}
