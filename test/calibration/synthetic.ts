/** Measurements made by replaying submissions with known parameters, with seeded noise on top. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Measurement, Shapes } from '../../src/calibration/measurement.js';
import { resolveStrategies } from '../../src/strategies/spec.js';
import { unmapSubmission } from '../../src/strategies/user/trial.js';
import { onlyLatencyNs, replayThrough } from '../support/replay-harness.js';
import { oneSubmission } from '../support/trace-builder.js';

/** Submission sizes that are measured: TLBIs ahead of the CMD_SYNC. */
export const SIZES = [1, 2, 8, 32];

/** One measurement without noise per size of SIZES, replayed through `spec` on the default profile with `set`. */
export async function replayed(spec: string, set: readonly string[], shapes: Shapes): Promise<Measurement[]> {
  const [choice] = resolveStrategies([spec]);
  const measurements: Measurement[] = [];
  for (const [position, size] of SIZES.entries()) {
    const latencyNs = onlyLatencyNs(await replayThrough(oneSubmission(size), spec, { set }));
    measurements.push({ shape: shapes.of(choice, unmapSubmission(size)), latencyNs, count: 1, position });
  }
  return measurements;
}

/** How noise is made. */
export interface Noise {
  /** Standard deviation as a part of the latency. */
  readonly share: number;
  /** Part of a measurement's deviation that the next one inherits: 0 for independent ones. */
  readonly memory: number;
}

/** `count` measurements, the exact ones over and over, each with noise of its own in proportion to its latency. */
export function noisy(exact: readonly Measurement[], count: number, noise: Noise, seed: number): Measurement[] {
  const random = xoroshiro128plus(seed);
  // Two uniform numbers make a normal one (Box and Muller 1958).
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - uniformFloat64(random))) * Math.cos(2 * Math.PI * uniformFloat64(random));
  let deviation = normal();
  return Array.from({ length: count }, (_, position) => {
    if (position > 0) deviation = noise.memory * deviation + Math.sqrt(1 - noise.memory ** 2) * normal();
    const { shape, latencyNs } = exact[position % exact.length];
    return { shape, latencyNs: Math.round(latencyNs * (1 + noise.share * deviation)), count: 1, position };
  });
}
