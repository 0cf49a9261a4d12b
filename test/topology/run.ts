/** Replays with and without a topology file, from the text of both. */
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { openTrace } from '../../src/formats/open-trace.js';
import type { ResultDocument, StrategyResult } from '../../src/results/document.js';
import { inferTopology } from '../../src/session/infer-topology.js';
import { type RunOptions, runReplays } from '../../src/session/run.js';
import type { Sandbox } from '../support/cli.js';

/** Options as on the command line. */
export const OPTIONS: RunOptions = {
  profile: 'neoverse-mmu700',
  set: [],
  strategies: ['ioctl'],
  atc: [],
  pacing: 'closed',
  dma: 'ordered',
  warmup: 0,
  limit: undefined,
  seed: 0,
  msi: true,
  safety: true,
  lenient: false,
  format: undefined,
};

/** The inferred topology file of the trace at `path`, or of the CSV text `content`. */
export async function inferred(path: string, content?: string, limit?: number): Promise<string> {
  const options = content === undefined ? {} : { stdin: Readable.from([Buffer.from(content)]) };
  return inferTopology(await openTrace(path, options), limit);
}

/** Replay the trace at `path` under the topology `yaml`, which is written into `sandbox`. */
export function replayUnder(
  sandbox: Sandbox,
  path: string,
  yaml: string | undefined,
  options: Partial<RunOptions> = {},
): Promise<ResultDocument> {
  const topology = yaml === undefined ? undefined : sandbox.write('topology.yaml', yaml);
  return runReplays([path], { ...OPTIONS, ...options, topology });
}

/** The only result of a document. */
export function only({ results }: ResultDocument): StrategyResult {
  if (results.length !== 1) throw new Error(`expected one result, found ${results.length}`);
  return results[0];
}

/** Text of a file of the repository. */
export function repoText(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}
