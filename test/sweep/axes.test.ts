/** Sweeps, axes: are those that move nothing named, and their points one row; does the table fit, and show what is asked for? */
import { expect, it } from 'vitest';
import { parseColumns, parseSort } from '../../src/columns/choose.js';
import { tableReporter } from '../../src/reporters/table.js';
import { planSweep } from '../../src/sweep/plan.js';
import { loadStudy } from '../../src/sweep/study.js';
import { runSweep } from '../../src/sweep/sweep.js';
import { SMALL_TRACE, studyFile } from './studies.js';

const DEAD = [
  `traces: ['${SMALL_TRACE}']`,
  'strategies: [ioctl, hw-vcmdq]',
  "set: { tlb.main.entries: [512, '1024'], smmu.mem_latency_ns: [100, 200] }",
];
const CONTEXT = { width: 200, colour: false, unicode: false };
const sweep = async (lines: string[]) => runSweep(await planSweep(loadStudy(studyFile(lines), 99)), { jobs: 1 });

it('that move nothing are named, and their points share a row', async () => {
  const document = await sweep(DEAD);
  expect(document.points.map(({ at }) => Object.values(at.set))[2]).toEqual([512, 200]);
  const still = new Map(document.axes_without_effect?.map(({ axis, metrics }) => [axis, metrics]));
  expect(still.get('tlb.main.entries')).toContain('latency.operation.mean_ns');
  expect(still.get('smmu.mem_latency_ns')).not.toContain('latency.operation.mean_ns');
  expect(still.get('strategy')).toContain('tlb.misses_per_translation');
  const text = tableReporter.render(document, CONTEXT);
  expect(text).toContain('no effect on anything shown: tlb.main.entries (512 to 1024)\n');
  expect(text.match(/^ *\d+ \+1 /gm)).toHaveLength(4);
  expect(text).not.toMatch(/^.*front.*tlb.main.entries/m);
  // With a column that it does move it is an axis as any other.
  const columns = parseColumns('mean,tlb.main.entries');
  expect(tableReporter.render(document, { ...CONTEXT, columns }).match(/^ *\d+ +\S+ .* us /gm)).toHaveLength(8);
});

it.each([60, 80, 120, 200])('and notes fit %i columns, sorted by any metric', async (width) => {
  const document = await sweep(DEAD);
  const sort = parseSort('-translation');
  const text = tableReporter.render(document, { ...CONTEXT, width, sort });
  for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(width);
  expect(text.split('\n')[2]).toMatch(/ 200 /);
});

it('that no two points share nothing else with are not judged, and failed points keep their rows', async () => {
  const listed = [
    'points: [{ strategy: ioctl, profile: grace-cmdqv }, { strategy: hw-vcmdq, profile: neoverse-mmu700 }]',
  ];
  expect((await sweep([...DEAD.slice(0, 2), ...listed])).axes_without_effect).toEqual([]);
  const failing = await sweep([...DEAD.slice(0, 2), 'set: { tlb.main.ways: [2, 4, 7] }']);
  expect(failing.failed).toBe(2);
  expect(tableReporter.render(failing, CONTEXT).match(/ failed$/gm)).toHaveLength(2);
});
