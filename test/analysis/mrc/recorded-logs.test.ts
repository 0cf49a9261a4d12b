/** Question: does the curve equal direct simulation on recorded traces (O15, O16), and QEMU's own count (O53)? */
import { basename } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { MissRatioCurve } from '../../../src/analysis/mrc/miss-ratio-curve.js';
import { RecordedOracle } from '../../../src/analysis/oracle/recorded-oracle.js';
import type { EventBatch } from '../../../src/trace/events.js';
import { QEMU_LOGS, readLog } from '../oracle/repo-traces.js';
import { DirectLru } from './direct-lru.js';

const SIZES = [1, 2, 4, 8, 16, 32, 100];
/** Direct simulation is slow: it gets the first events of a long trace. */
const MAX_BATCHES = 3;

describe.each(QEMU_LOGS.map((path) => [basename(path).replace(/\.qemu.*/, ''), path]))('%s', (_, path) => {
  let batches: readonly EventBatch[];
  let version: string;

  beforeAll(async () => {
    ({ batches, version } = await readLog(path));
  });

  test('O16: equals direct simulation at several sizes', () => {
    const curve = new MissRatioCurve();
    const direct = new DirectLru(SIZES);
    for (const batch of batches.slice(0, MAX_BATCHES)) {
      curve.consume(batch);
      direct.consume(batch);
    }
    expect(curve.accesses).toBe(direct.accesses);
    expect(curve.points(SIZES).map(({ misses }) => misses)).toEqual(direct.misses);
  });

  test('misses never increase with size, and end at the cold misses', () => {
    const curve = new MissRatioCurve();
    for (const batch of batches) curve.consume(batch);
    const points = curve.points();
    for (let at = 1; at < points.length; at++) expect(points[at].misses).toBeLessThanOrEqual(points[at - 1].misses);
    expect(points[points.length - 1].misses).toBe(curve.coldMisses);
    expect(curve.misses(0)).toBe(curve.accesses);
    expect(curve.unpublishedCommands).toBe(0);
  });

  test('as long as QEMU’s table never fills, QEMU misses what LRU with 256 entries misses', () => {
    const curve = new MissRatioCurve();
    const oracle = new RecordedOracle({ version: () => version });
    for (const batch of batches) {
      curve.consume(batch);
      oracle.consume(batch);
    }
    const { recorded } = oracle.result;
    expect(curve.accesses + curve.faults).toBe(recorded.compared);
    if (oracle.iotlb?.overflows === 0) expect(curve.misses(256) + curve.faults).toBe(recorded.misses);
    else expect(curve.misses(256)).toBeLessThanOrEqual(recorded.misses);
  });
});
