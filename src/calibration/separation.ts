/**
 * Which parameters the measured operations cannot tell apart, and which operation would: one more shape on which their
 * effects differ, from a small set that a guest can be made to publish.
 */
import type { LoadedProfile } from '../profiles/load.js';
import { resolveStrategies, type StrategyChoice } from '../strategies/spec.js';
import { tlbi, unmapSubmission } from '../strategies/user/trial.js';
import { type CommandWords, encodeCommand } from '../trace/command.js';
import { Opcode } from '../trace/opcodes.js';
import { CHARGED, LEAST_SHARE, shareOfTime } from './identifiability.js';
import { isMadeUpOf, norm, ownPart } from './linear-dependence.js';
import { type Shape, Shapes } from './measurement.js';
import { PathModel } from './path-model.js';

/** An operation tells a parameter apart if at least this part of its effect is its own then: far above what is formal. */
const CLEARLY_OWN = 0.02;

/** A list of commands with its CMD_SYNC, published at once on a path. */
interface Operation {
  readonly strategy: string;
  /** Its commands but for the CMD_SYNC, as in `Shape.label`. */
  readonly label: string;
}

/** A parameter whose effect on the measured operations is that of others, or none. */
export interface Inseparable {
  readonly key: string;
  /** Determined parameters that its effect is the same as, or made up of; none: it has no effect. */
  readonly from: readonly string[];
  /** An operation that would tell it apart; undefined: none of those that were tried. */
  readonly measure: Operation | undefined;
}

/** Operations with nothing but TLBIs, as measured points have them, and others, as a trace may. */
const UNMAPS: readonly (readonly CommandWords[])[] = [1, 8, 64, 0].map(unmapSubmission);
const SYNC = encodeCommand(Opcode.SYNC);
const atcInv = (page: number) => encodeCommand(Opcode.ATC_INV, { SID: 8, SIZE: 0, ADDR: page });
const PAGES = [1, 2, 3, 4, 5, 6, 7, 8];
const OTHERS: readonly (readonly CommandWords[])[] = [
  [tlbi(1), atcInv(1), SYNC],
  [...PAGES.map(tlbi), ...PAGES.map(atcInv), SYNC],
  [encodeCommand(Opcode.TLBI_NH_ASID, { ASID: 1 }), SYNC],
  [encodeCommand(Opcode.CFGI_CD, { SID: 8 }), SYNC],
];

/** Change of each shape's latency per ns of each of `keys`, as a part of `latenciesNs` (what the profile predicts unless given). */
export function effectsOf(
  shapes: readonly Shape[],
  profile: LoadedProfile,
  keys: readonly string[],
  latenciesNs?: readonly number[],
): number[][] {
  const model = new PathModel(shapes, profile, keys);
  const whole = latenciesNs ?? model.predict(model.startNs);
  return model.slopes(model.startNs).map((slopes) => slopes.map((slope, at) => slope / whole[at]));
}

/**
 * What the measured operations leave open: first of `keys`, the parameters of the fit, those that are undetermined; then
 * parameters that nobody asked for but that a fitted one stands for as well, those that take most of the time first.
 * @param measured shapes that were fitted
 * @param typicalNs what stands for the measurements of each
 * @param isDetermined per key of `keys`
 */
export function inseparable(
  measured: readonly Shape[],
  typicalNs: readonly number[],
  profile: LoadedProfile,
  keys: readonly string[],
  isDetermined: readonly boolean[],
): Inseparable[] {
  const all = [...keys, ...CHARGED.filter((key) => !keys.includes(key))];
  const effects = effectsOf(measured, profile, all, typicalNs);
  const candidates = new Candidates(measured, profile, all);
  const determined = keys.map((_, at) => at).filter((at) => isDetermined[at]);
  const nameOf = (at: number) => all[at];
  const like = (at: number) => {
    if (norm(effects[at]) === 0) return [];
    const twin = determined.find((other) => isMadeUpOf([effects[other]], effects[at]));
    return (twin === undefined ? determined : [twin]).map(nameOf);
  };
  // Operations found for one parameter serve the next ones too.
  let known = effects;
  let apart = determined;
  const asked = keys.flatMap((key, at): Inseparable[] => {
    if (isDetermined[at]) return [];
    const found = candidates.separating(known, apart, at);
    if (found !== undefined) {
      known = known.map((parts, one) => [...parts, found.parts[one]]);
      apart = [...apart, at];
    }
    return [{ key, from: like(at), measure: found?.operation }];
  });
  const share = (at: number) => shareOfTime(effects[at], profile.number(all[at]));
  const others = all
    .map((_, at) => at)
    .slice(keys.length)
    .filter(
      (at) =>
        share(at) >= LEAST_SHARE &&
        isMadeUpOf(
          determined.map((other) => effects[other]),
          effects[at],
        ),
    )
    .sort((a, b) => share(b) - share(a) || a - b);
  return [
    ...asked,
    ...others.map((at): Inseparable => {
      const found = candidates.separating(effects, determined, at);
      return { key: all[at], from: like(at), measure: found?.operation };
    }),
  ];
}

/** An operation with its effects, one per key. */
interface Candidate {
  readonly operation: Operation;
  readonly parts: readonly number[];
}

/** Operations that could be measured, in rounds: what is easily measured before what takes more. */
class Candidates {
  private readonly rounds: (readonly Candidate[])[] = [];
  private readonly coming: readonly (() => readonly Candidate[])[];

  constructor(
    measured: readonly Shape[],
    private readonly profile: LoadedProfile,
    private readonly keys: readonly string[],
  ) {
    const paths = [...new Map(measured.map(({ choice }) => [choice.canonicalName, choice])).values()];
    const elsewhere = () =>
      resolveStrategies(['all']).filter(
        ({ canonicalName }) => !paths.some((path) => path.canonicalName === canonicalName),
      );
    this.coming = [() => this.of(paths, UNMAPS), () => this.of(paths, OTHERS), () => this.of(elsewhere(), UNMAPS)];
  }

  /** The operation of the first round that has one which tells the parameter `at` best from `others`, if any does clearly. */
  separating(effects: readonly (readonly number[])[], others: readonly number[], at: number): Candidate | undefined {
    for (let round = 0; round < this.coming.length; round++) {
      this.rounds[round] ??= this.coming[round]();
      let best: Candidate | undefined;
      let most = CLEARLY_OWN;
      for (const candidate of this.rounds[round]) {
        const extended = (one: number) => [...effects[one], candidate.parts[one]];
        const own = ownPart(others.map(extended), extended(at));
        if (own > most) {
          best = candidate;
          most = own;
        }
      }
      if (best !== undefined) return best;
    }
    return undefined;
  }

  private of(choices: readonly StrategyChoice[], operations: readonly (readonly CommandWords[])[]): Candidate[] {
    return choices.flatMap((choice) => {
      const shapes = new Shapes(this.profile);
      for (const commands of operations) shapes.of(choice, commands);
      const effects = effectsOf(shapes.all, this.profile, this.keys);
      return shapes.all.map(({ label }, shape) => ({
        operation: { strategy: choice.canonicalName, label },
        parts: effects.map((parts) => parts[shape]),
      }));
    });
  }
}
