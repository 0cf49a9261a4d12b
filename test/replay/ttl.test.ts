/** Replay, TTL: is a wrong one stale use on every path where it is taken at its word, and on none where it is a hint? */
import { afterAll, expect, it } from 'vitest';
import { strategyNames } from '../../src/strategies/registry.js';
import { Sandbox } from '../support/cli.js';
import { tracePath } from '../support/traces.js';
import { only, replayUnder } from '../topology/run.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.remove());

it.each([
  ['hint', 0],
  ['strict', 1],
])('ttl-names-wrong-level.csv with smmu.ttl=%s: %i uses of the block after the SYNC', async (ttl, expected) => {
  const { results } = await replayUnder(sandbox, tracePath('csv/ttl-names-wrong-level.csv'), undefined, {
    strategies: strategyNames(),
    set: [`smmu.ttl=${ttl}`],
  });
  expect(results.map(({ safety }) => safety?.stale_after_sync)).toEqual(strategyNames().map(() => expected));
});

it('TTLs of a recording with 2 MiB blocks are right: strict leaves nothing behind', async () => {
  const path = tracePath('bigsg-strict.qemu-7.2.log.xz');
  const { safety, tlb } = only(await replayUnder(sandbox, path, undefined, { set: ['smmu.ttl=strict'] }));
  expect([safety?.stale_in_window, safety?.stale_after_sync]).toEqual([0, 0]);
  expect(tlb?.walk_reads).toBeGreaterThan(0);
});
