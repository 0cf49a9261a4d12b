/** Studies for tests, in a folder of their own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { jsonReporter } from '../../src/reporters/json.js';
import type { StudyDocument } from '../../src/results/study-document.js';
import { planSweep } from '../../src/sweep/plan.js';
import { loadStudy } from '../../src/sweep/study.js';
import { runSweep } from '../../src/sweep/sweep.js';
import { tracePath } from '../support/traces.js';

/** A small trace with ATC invalidations and DMA. */
export const SMALL_TRACE = tracePath('csv/ats-four-devices.csv');

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'smmuscope-sweep-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Write `lines` as a study; its first line is the schema. */
export function studyFile(lines: readonly string[], folder = temporaryFolder()): string {
  const path = join(folder, 'study.yaml');
  writeFileSync(path, ['schema: smmuscope.study/1', ...lines, ''].join('\n'));
  return path;
}

/** The JSON document of the study at `path`, run in this thread. */
export async function wholeStudy(path: string): Promise<string> {
  const plan = await planSweep(loadStudy(path, 1000));
  return asJson(await runSweep(plan, { jobs: 1 }));
}

/** A document as `--json` prints it. */
export function asJson(document: StudyDocument): string {
  return jsonReporter.render(document, { width: 80, colour: false, unicode: false });
}
