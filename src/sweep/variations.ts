/** How far each parameter of a profile may be from its value: a share of itself for an estimate, what its source says for others. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type LoadedProfile, PARAMETER_SPECS, type Parameter } from '../profiles/load.js';

/** A parameter and the ends that it may have, in its unit, whole numbers. */
export interface Variation {
  readonly parameter: Parameter;
  readonly low: number;
  readonly high: number;
}

/** What is varied, and what is not. */
export interface Variations {
  readonly variations: readonly Variation[];
  /** Estimates that are no numbers, or zero, or that no rounded value is near. */
  readonly notVaried: readonly string[];
  /** Durations above zero with a source that says no range: they stay. */
  readonly held: readonly string[];
}

/**
 * Ends of every estimate, `by` of itself away (a log2: halved and doubled), and of every value whose profile declares a range.
 * A value that the user has set is known.
 */
export function variationsOf(profile: LoadedProfile, by: number): Variations {
  const variations: Variation[] = [];
  const notVaried: string[] = [];
  const held: string[] = [];
  for (const parameter of profile.parameters) {
    const { key, value, unit, tag, range } = parameter;
    if (range !== undefined) {
      variations.push({ parameter, low: range.low, high: range.high });
      continue;
    }
    if (tag !== 'E') {
      if (tag !== 'U' && unit === 'ns' && Number(value) > 0) held.push(key);
      continue;
    }
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = PARAMETER_SPECS.find((spec) => spec.key === key) ?? {};
    if (typeof value !== 'number' || value <= 0) {
      notVaried.push(key);
      continue;
    }
    const isLog2 = unit.startsWith('log2');
    const inRange = (wanted: number) => Math.min(max, Math.max(min, Math.round(wanted)));
    const low = inRange(isLog2 ? value - 1 : value * (1 - by));
    const high = inRange(isLog2 ? value + 1 : value * (1 + by));
    // Rounded to the value itself on both sides, there is nothing to replay.
    if (low === value && high === value) notVaried.push(key);
    else variations.push({ parameter, low, high });
  }
  return { variations, notVaried, held };
}

/** One value for every parameter that is varied. */
export type Draw = ReadonlyMap<string, number>;

/**
 * Draws of all parameters at once, independent of each other and each even between its ends: a Latin hypercube, of whose
 * `count` equal slices of each parameter every one is drawn from once (McKay, Beckman and Conover 1979).
 */
export function latinHypercube(
  variations: readonly Variation[],
  profile: LoadedProfile,
  count: number,
  seed: number,
): Draw[] {
  const random = xoroshiro128plus(seed);
  const columns = variations.map(({ parameter: { key }, low, high }) => {
    const slices = Array.from({ length: count }, (_, slice) => slice);
    for (let last = count - 1; last > 0; last--) {
      const other = uniformInt(random, 0, last);
      [slices[last], slices[other]] = [slices[other], slices[last]];
    }
    const values = slices.map((slice) => {
      const even = (slice + uniformFloat64(random)) / count;
      return Math.min(high, low + Math.floor(even * (high - low + 1)));
    });
    return { key, values };
  });
  return Array.from({ length: count }, (_, at) =>
    fitting(new Map(columns.map(({ key, values }) => [key, values[at]])), profile),
  );
}

/** `drawn`, with no part larger than its whole, and with as many entries as whole sets of its ways have. */
function fitting(drawn: Map<string, number>, profile: LoadedProfile): Draw {
  for (const { key, partOf = '' } of PARAMETER_SPECS) {
    const [part, whole] = [drawn.get(key), drawn.get(partOf)];
    if (part !== undefined && whole !== undefined && part > whole) drawn.set(key, whole);
  }
  for (const [key, entries] of drawn) {
    const waysKey = key.replace(/\.entries$/, '.ways');
    if (waysKey === key) continue;
    const ways = drawn.get(waysKey) ?? profile.number(waysKey);
    if (ways > 0) drawn.set(key, Math.max(1, Math.round(entries / ways)) * ways);
  }
  return drawn;
}
