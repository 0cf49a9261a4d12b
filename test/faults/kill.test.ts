/**
 * Faults survived, `kill -9`: whatever moment it comes at, is there no half file, no litter after the next run, and does
 * that run give the same bytes? `npm run faults` kills each command a hundred times.
 */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../analysis/oracle/random.js';
import { killAtRandom, SCENARIOS } from './killed-runs.js';

/** Kills of each command; FAULT_KILLS is for `npm run faults`. */
const KILLS = Number(process.env.FAULT_KILLS ?? 6);
/** A whole run after so many kills: the litter of several is swept at once. */
const EVERY_KILLS = 6;
/** Many times what they take on a machine with nothing else to do. */
const TIMEOUT_MS = Math.max(180_000, 60_000 * KILLS);

describe.concurrent('kill -9', () => {
  it.each(SCENARIOS.map((scenario, index) => [scenario.name, scenario, index] as const))(
    'of %s leaves nothing half',
    async (name, scenario, index) => {
      const count = await killAtRandom(scenario, KILLS, EVERY_KILLS, seededRandom(KILLS * 100 + index));
      if (KILLS > EVERY_KILLS) process.stdout.write(`${name}: ${JSON.stringify(count)}\n`);
      // Kills that hit nothing would show nothing.
      expect(count.inside).toBeGreaterThanOrEqual(KILLS / 2);
    },
    TIMEOUT_MS,
  );
});
