/**
 * The QEMU logs that come with the repository, for tests. `SMMUSCOPE_TRACES=DIR` takes another directory of recordings
 * instead, which is how the tests are run on all of them.
 */
import { createReadStream, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unpack } from '../../../src/formats/packing/unpack.js';
import type { EventBatch } from '../../../src/trace/events.js';
import { readTrace } from '../../support/traces.js';

const DIRECTORY = process.env.SMMUSCOPE_TRACES ?? fileURLToPath(new URL('../../../traces', import.meta.url));

/** Paths of the SMMUv3 logs. */
export const QEMU_LOGS: readonly string[] = readdirSync(DIRECTORY)
  .filter((name) => /qemu-[\d.]+\.log(\.xz)?$/.test(name) && !basename(name).startsWith('vtd'))
  .sort()
  .map((name) => join(DIRECTORY, name));

/** Path of the log whose name begins so. */
export function logOf(prefix: string): string {
  const path = QEMU_LOGS.find((candidate) => basename(candidate).startsWith(prefix));
  if (path === undefined) throw new Error(`no QEMU log ${prefix}* in ${DIRECTORY}`);
  return path;
}

/** Read a whole log, with the version that its reader has found by then. */
export async function readLog(
  path: string,
): Promise<{ readonly batches: readonly EventBatch[]; readonly version: string }> {
  const { trace, batches } = await readTrace(path);
  return { batches, version: trace.statistics.version };
}

/** The raw lines of a log, decompressed. */
export async function rawLines(path: string): Promise<string[]> {
  const { chunks } = await unpack(createReadStream(path), path);
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString('latin1').split('\n');
}
