/** Studies for tests, in a folder of their own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
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
