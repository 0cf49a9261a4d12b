/**
 * Acceptance tier: what does the model say where somebody has published a figure?
 * Checks C1–C8 of facts L §8.1; oracles O27, O28, O30, O35. The suite prints its table; docs/acceptance.md explains it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/cli.js';
import { checkGuestTraffic } from './checks/guest-traffic.js';
import { checkQueueingTheory } from './checks/queueing-theory.js';
import { checkQueues } from './checks/queues.js';
import { checkTrappedPaths } from './checks/trapped-paths.js';
import { VerdictTable } from './verdicts.js';

const table = new VerdictTable();

checkTrappedPaths(table);
checkQueues(table);
checkGuestTraffic(table);
checkQueueingTheory(table);

describe('the table', () => {
  it('is the one that docs/acceptance.md explains', () => {
    const printed = table.print();
    process.stdout.write(`\n${printed}\n`);
    expect(readFileSync(join(ROOT, 'docs/acceptance.md'), 'utf8')).toContain(printed);
  });
});
