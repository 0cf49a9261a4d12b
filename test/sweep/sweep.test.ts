/** Sweeps, parts: is a point what a replay is, a damaged file none, a front what its definition says? */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { thisOwner } from '../../src/files/owner.js';
import type { ResultDocument } from '../../src/results/document.js';
import type { StudyPoint } from '../../src/results/study-document.js';
import { runReplays } from '../../src/session/run.js';
import { estimateSweep } from '../../src/sweep/estimate.js';
import { paretoFronts } from '../../src/sweep/pareto.js';
import { planSweep } from '../../src/sweep/plan.js';
import { PointStore } from '../../src/sweep/point-store.js';
import { isInShard, parseShard } from '../../src/sweep/shard.js';
import { decodeShared, openShared } from '../../src/sweep/shared-trace.js';
import { loadStudy } from '../../src/sweep/study.js';
import { runSweep } from '../../src/sweep/sweep.js';
import { readTrace, rowsOf, tracePath } from '../support/traces.js';
import { SMALL_TRACE, studyFile, temporaryFolder } from './studies.js';

const RECORDED = tracePath('boot-strict.qemu-7.2.log.xz');

it('shares every column of every event', async () => {
  const { batches } = await readTrace(RECORDED);
  const shared = openShared(await decodeShared(RECORDED, {}, undefined), RECORDED, false);
  const seen = [];
  for await (const batch of shared.batches) {
    expect(batch.kind.buffer).toBeInstanceOf(SharedArrayBuffer);
    seen.push(batch);
  }
  expect(rowsOf(seen)).toEqual(rowsOf(batches));
});

const REPLAYS: [string, string[]][] = [
  [
    'profiles and VMs',
    [
      `traces: ['${RECORDED}', '${SMALL_TRACE}']`,
      'strategies: [ioctl, hw-vcmdq]',
      'profiles: [neoverse-mmu700, qemu-iotlb]',
      'replay: { limit: 300, warmup: 10 }',
      'vms: [1, 2]',
    ],
  ],
  [
    'transforms, which leave the shared columns as they are',
    [
      `traces: ['${RECORDED}']`,
      'strategies: [ioctl, native]',
      'transforms: [time-scale=2, repeat=3+time-scale=0.5, guest-ats+guest-ril=off, guest-lazy, none]',
      'replay: { limit: 600 }',
    ],
  ],
  [
    'a joined recording',
    [
      `traces: ['${tracePath('rebind-strict.ftrace.txt.xz')}']`,
      'strategies: [ioctl]',
      'profiles: [neoverse-mmu700, qemu-iotlb]',
      `replay: { limit: 800, with: '${tracePath('rebind-strict.qemu-7.2.log.xz')}' }`,
    ],
  ],
  [
    'columns with names of their own',
    [
      `traces: ['${tracePath('csv/own-names.csv')}']`,
      'strategies: [ioctl]',
      'replay:',
      '  csv-map: [time=ts, event=what, vcpu=cpu, opcode=op, iova=addr, sid=stream, access=level, x_note=note]',
    ],
  ],
];

/** A document as a point has it, which is without its courses. */
function asPoint(document: ResultDocument): string {
  for (const result of document.results) expect(Object.keys(result)).toContain('slowest_operations');
  const left = ['main_tlb_over_time', 'operations_over_events', 'slowest_operations', 'steps'];
  return JSON.stringify(document, (key, value) => (left.includes(key) ? undefined : value));
}

it.each(REPLAYS)('has the document of a replay with the same options at every point: %s', async (_what, lines) => {
  const plan = await planSweep(loadStudy(studyFile(lines), 100));
  const { points, failed } = await runSweep(plan, { jobs: 1 });
  expect(points.map(({ error }) => error?.message).filter(Boolean)).toEqual([]);
  expect(failed).toBe(0);
  for (const { index, result } of points) {
    const { trace, options } = plan.points[index];
    expect(JSON.stringify(result)).toBe(asPoint(await runReplays([trace], options)));
  }
});

it('takes finished points from the folder, and runs again what is damaged or belongs to another point', async () => {
  const plan = await planSweep(loadStudy(studyFile([`traces: ['${SMALL_TRACE}']`, 'strategies: [ioctl, native]']), 9));
  const folder = temporaryFolder();
  const store = PointStore.open(folder);
  const first = JSON.stringify(await runSweep(plan, { jobs: 1, store }));
  const [a, b] = plan.points.map(({ id }) => join(folder, `${id}.json`));
  expect(readdirSync(folder).sort()).toEqual(plan.points.map(({ id }) => `${id}.json`).sort());
  const text = readFileSync(a, 'utf8');
  for (const damaged of [text.slice(0, -2), text.slice(0, 40), '', text.replace('"mean_ns":', '"mean_ns":1')]) {
    writeFileSync(a, damaged);
    expect(store.load(plan.points[0].id)).toBeUndefined();
  }
  writeFileSync(a, readFileSync(b)); // whole, but of another point
  expect(store.load(plan.points[0].id)).toBeUndefined();
  const save = vi.spyOn(store, 'save');
  expect(JSON.stringify(await runSweep(plan, { jobs: 1, store }))).toBe(first);
  expect(save.mock.calls.map(([id]) => id)).toEqual([plan.points[0].id]);
  expect(readFileSync(a, 'utf8')).toBe(text);
});

it('says why a folder cannot keep results', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(() => PointStore.open(file)).toThrow(`${file}: expected a folder for results, found a file`);
  expect(() => PointStore.open(join(file, 'inside'))).toThrow('found a file where its folder should be');
  expect(() => PointStore.open(join(folder, 'none', 'inside'))).toThrow('found no such folder');
  const plan = await planSweep(loadStudy(studyFile([`traces: ['${SMALL_TRACE}']`, 'strategies: [ioctl]']), 9));
  const store = PointStore.open(join(folder, 'results'));
  rmSync(join(folder, 'results'), { recursive: true }); // gone while the sweep runs
  await expect(runSweep(plan, { jobs: 1, store })).rejects.toThrow(
    'expected a file that can be written, found no such',
  );
});

it('removes what a killed run left half-written, and leaves what else is there', () => {
  const folder = temporaryFolder();
  const [place, boot] = thisOwner.split('-');
  const left = `.smmuscope-${place}-${boot}-4194305-1-0123abcd.tmp`; // a number that no process has
  for (const name of [left, 'notes.txt', '.hidden']) writeFileSync(join(folder, name), 'half');
  PointStore.open(folder);
  expect(readdirSync(folder).sort()).toEqual(['.hidden', 'notes.txt']);
});

it('estimates what is to be run, and says so where a trace cannot be read', async () => {
  const good = await planSweep(
    loadStudy(studyFile([`traces: ['${SMALL_TRACE}']`, 'strategies: [ioctl, native]', 'vms: [1, 3]']), 9),
  );
  const store = PointStore.open(temporaryFolder());
  const [first] = good.points;
  await runSweep({ ...good, points: [first] }, { jobs: 1, store });
  const shard = { index: 1, count: 2 }; // points 0 and 2
  const estimate = await estimateSweep(good, 1, shard, store);
  expect(estimate).toMatchObject({ points: 4, inShard: 2, toRun: 1, standIn: undefined });
  expect(estimate.estimatedMs).toBeGreaterThan(0);
  const bad = await planSweep(
    loadStudy(studyFile([`traces: ['${tracePath('invalid/binary.bin')}']`, 'strategies: [ioctl]']), 9),
  );
  expect(await estimateSweep(bad, 1, undefined, undefined)).toEqual({
    points: 1,
    inShard: 1,
    toRun: 1,
    estimatedMs: undefined,
  });
});

it('deals every point to exactly one shard', () => {
  for (let count = 1; count <= 9; count++) {
    for (let place = 0; place < 30; place++) {
      const shards = Array.from({ length: count }, (_, at) => ({ index: at + 1, count }));
      expect(shards.filter((shard) => isInShard(place, shard))).toHaveLength(1);
    }
  }
  for (const text of ['0/2', '3/2', '1', 'a/b', '1/0', '-1/2', '1/2/3'])
    expect(() => parseShard(text)).toThrow('--shard');
});

it('keeps on the front exactly what no other point of its group beats', () => {
  const point = fc.record({
    latency: fc.integer({ min: 1, max: 6 }),
    cpu: fc.integer({ min: 0, max: 6 }),
    group: fc.boolean(),
    reads: fc.integer({ min: 0, max: 3 }),
    hits: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 12 }), (given) => {
      const points = given.map(({ latency, cpu, group, reads, hits }, index) => ({
        index,
        at: { trace: 't', profile: String(group), set: {}, strategy: String(index) },
        result: {
          results: [
            {
              latency: { operation: { count: 2, mean_ns: latency } },
              host: { cpu_ns_per_operation: cpu },
              tlb: { walk_reads: reads, micro_hit_share: hits },
            },
          ],
        },
      })) as unknown as StudyPoint[];
      const fronts = paretoFronts(points, { latency: 'mean_ns', over: ['strategy', 'atc'] });
      const kept = new Set(fronts.flatMap((front) => front.points.map(({ index }) => index)));
      for (const [index, { latency, cpu, group }] of given.entries()) {
        const isBeaten = given.some(
          (other) =>
            other.group === group &&
            other.latency <= latency &&
            other.cpu <= cpu &&
            (other.latency < latency || other.cpu < cpu),
        );
        expect(kept.has(index)).toBe(!isBeaten);
      }
      for (const front of fronts) {
        for (const one of front.points) expect(one.host_cpu_ns_per_operation).toBe(given[one.index].cpu);
      }
      const objectives = ['latency.operation.mean_ns', 'tlb.walk_reads', 'tlb.micro_hit_share'];
      const others = paretoFronts(points, { latency: 'mean_ns', over: ['strategy'], objectives });
      const onOther = others.flatMap((front) => front.points);
      for (const [index, one] of given.entries()) {
        const isBeaten = given.some(
          (two) =>
            two.group === one.group &&
            two.latency <= one.latency &&
            two.reads <= one.reads &&
            two.hits >= one.hits &&
            (two.latency < one.latency || two.reads < one.reads || two.hits > one.hits),
        );
        expect(onOther.some((point) => point.index === index)).toBe(!isBeaten);
      }
      for (const { index, values } of onOther) {
        expect(values).toEqual([given[index].latency, given[index].reads, given[index].hits]);
      }
    }),
  );
});

it('counts the host CPU time of an operation without what the host does for itself', async () => {
  const study = studyFile([`traces: ['${SMALL_TRACE}']`, 'strategies: [ioctl]', 'replay: { background: 1000000 }']);
  const [{ options }] = (await planSweep(loadStudy(study, 9))).points;
  const [{ host, latency }] = (await runReplays([SMALL_TRACE], options)).results;
  const { background, ...serving } = host.cpu_ns;
  expect(background).toBeGreaterThan(0);
  const servingNs = Object.values(serving).reduce((sum, ns) => sum + ns, 0);
  expect(host.cpu_ns_per_operation).toBe(servingNs / latency.operation.count);
});
