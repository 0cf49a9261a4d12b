/** The built tool, as the benchmarks use it: its modules, its command line, the repository's recordings. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unxz } from './xz.mjs';

/** The repository. */
export const ROOT = join(import.meta.dirname, '..');
/** The command that is measured as a whole process. */
export const RUN_JS = join(ROOT, 'bin/run.js');

/** A module of `dist/`, by its path there. */
export const built = (file) => import(join(ROOT, 'dist', file));

/** Path of a recording in `traces/`. */
export const recording = (file) => join(ROOT, 'traces', file);

/** Content of a recording, decompressed. */
export async function contentOf(path) {
  const bytes = readFileSync(path);
  return path.endsWith('.xz') ? unxz(bytes) : bytes;
}

/** `bytes` in pieces, as a file gives them. */
export async function* inPieces(bytes, size = 1 << 18) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The events of `bytes` in batches that the caller may keep. */
export async function* eventsOf(reader, bytes, pieceBytes) {
  const { emptyStatistics } = await built('formats/reader.js');
  const context = { file: reader.name, lenient: false, statistics: emptyStatistics(reader.name) };
  yield* reader.read(inPieces(bytes, pieceBytes), context);
}

/** All of `items` in an array. */
export async function all(items) {
  const kept = [];
  for await (const item of items) kept.push(item);
  return kept;
}
