/** Documents of every kind that has a page, as the commands write them, for the tests of pages. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from '../../src/reporters/documents/registry.js';
import type { PagedDocument } from '../../src/reporters/html/paged.js';
import { ROOT, runCli } from '../support/cli.js';

const UNMAP = 'traces/csv/strict-unmap.csv';
const ATS = 'traces/csv/ats-four-devices.csv';

/** A study of `axes` on a small trace, run by `sweep`. */
export async function studyDocument(axes: readonly string[]): Promise<PagedDocument> {
  const folder = mkdtempSync(join(tmpdir(), 'smmuscope-pages-'));
  const file = join(folder, 'study.yaml');
  try {
    writeFileSync(file, ['schema: smmuscope.study/1', `traces: ['${join(ROOT, UNMAP)}']`, ...axes].join('\n'));
    return await documentOf(['sweep', file, '--results', join(folder, 'results'), '--json', '--no-progress']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `command` prints with `--json`. */
async function documentOf(command: readonly string[]): Promise<PagedDocument> {
  const { stdout, stderr, code } = await runCli([...command]);
  if (code !== 0) throw new Error(stderr);
  return parseDocument(stdout, 'x.json') as PagedDocument;
}

/** One of each kind. */
export const PAGES: Readonly<Record<string, () => Promise<PagedDocument>>> = {
  'a study of two axes': () =>
    studyDocument(['set: { smmu.mem_latency_ns: [100, 400] }', 'strategies: [ioctl, native]']),
  'a study of three axes and seeds': () =>
    studyDocument([
      ...['seeds: [0, 1, 2]', 'profiles: [neoverse-mmu700, grace-cmdqv]', 'strategies: [ioctl, ioctl-batched]'],
      'set: { tlb.main.entries: [16, 64] }',
    ]),
  'a study of one point': () => studyDocument(['strategies: [ioctl]']),
  'a sensitivity': () => documentOf(['sensitivity', ATS, '--strategy', 'hw-vcmdq', '--baseline', 'ioctl', '--json']),
  'a calibration': () =>
    documentOf([
      ...['calibrate', 'docs/examples/points.csv', '--fit', 'software.mmio_exit_user_ns,software.vmm_per_cmd_ns'],
      '--json',
    ]),
  'an inspection': () => documentOf(['inspect', 'traces/rebind-strict.ftrace.txt.xz', '--json']),
  'an inspection of VT-d': () => documentOf(['inspect', 'traces/vtd-onedomain-head.qemu-7.2.log.xz', '--json']),
};
