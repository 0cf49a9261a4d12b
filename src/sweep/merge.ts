/**
 * Puts the shards of a study together again: all of them, each once, of one study, one build of the tool and the same
 * traces. What comes out is byte for byte what the sweep prints when it is not sharded.
 */

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { foreignFile } from '../formats/foreign-file.js';
import { STUDY_RESULT_SCHEMA } from '../results/declaration/tags.js';
import { otherVersion } from '../results/read-result.js';
import type { StudyDocument, StudyPoint } from '../results/study-document.js';
import { UsageError, UserError } from '../trace/errors.js';
import { ownFile } from '../trace/own-files.js';
import { isInShard, isShard } from './shard.js';
import { assembleStudy } from './sweep.js';

/** Shards that do not make a whole: exit 5. */
export class IncompleteMergeError extends UserError {
  override readonly name = 'IncompleteMergeError';
  readonly exitCode = 5;
}

/** What a merge relies on; the documents inside are taken as they are. */
const SHARD_SCHEMA = z.looseObject({
  schema: z.literal(STUDY_RESULT_SCHEMA),
  provenance: z.looseObject({
    tool: z.looseObject({ name: z.string(), version: z.string(), build: z.exactOptional(z.string()) }),
    study: z.looseObject({ file: z.string(), id: z.string(), points: z.int().min(0) }),
    traces: z.array(z.looseObject({ trace: z.string(), sha256: z.string() })),
  }),
  shard: z.looseObject({ index: z.int(), count: z.int() }).refine(isShard),
  points: z.array(z.looseObject({ index: z.int().min(0), id: z.string() })),
  pareto: z.looseObject({ latency: z.string(), over: z.array(z.string()) }),
});

/** A shard and the file that it came from. */
interface NamedShard {
  readonly path: string;
  readonly document: StudyDocument & Required<Pick<StudyDocument, 'shard'>>;
}

/** Shards that are named one by one in a message; more are counted. */
const NAMED_MISSING = 8;

/**
 * The document of the whole study from the JSON documents of its shards, in any order.
 * @throws UsageError for a file that cannot be read
 * @throws IncompleteMergeError for a file that is no shard, a shard of another study, one that is there twice or missing
 */
export function mergeShards(paths: readonly string[]): StudyDocument {
  const shards = paths.map(readShard);
  const [first, ...others] = shards;
  for (const other of others) checkSameStudy(first, other);
  const byIndex = new Map<number, NamedShard>();
  for (const shard of shards) {
    const { index, count } = shard.document.shard;
    const twin = byIndex.get(index);
    if (twin !== undefined) {
      throw new IncompleteMergeError(
        `${shard.path}: expected every shard once, found shard ${index}/${count} in ${twin.path} too`,
      );
    }
    byIndex.set(index, shard);
  }
  const { provenance, pareto, shard } = first.document;
  checkNoneMissing(byIndex, shard.count);
  const { file, id, points: count } = provenance.study;
  const points = mergePoints(shards, count);
  return assembleStudy(
    { file, id, count, traces: provenance.traces, pareto, tool: provenance.tool },
    points,
    undefined,
  );
}

function readShard(path: string): NamedShard {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path}: expected a readable shard, found ${(error as NodeJS.ErrnoException).code}`);
  }
  const expected = 'the JSON document of a sweep with --shard';
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    const other = text.trimStart().startsWith('{') ? undefined : foreignFile(text);
    throw new IncompleteMergeError(`${path}: expected ${expected}, found ${other ?? 'no complete JSON'}`);
  }
  const parsed = SHARD_SCHEMA.safeParse(document);
  if (!parsed.success) {
    const found = (document as { schema?: unknown } | null)?.schema;
    const isWhole = found === STUDY_RESULT_SCHEMA && !Object.hasOwn(document as object, 'shard');
    const version = otherVersion(found, STUDY_RESULT_SCHEMA);
    const other = found === STUDY_RESULT_SCHEMA ? undefined : (version ?? ownFile(text)?.what);
    const what = isWhole
      ? 'a study without shards'
      : (other ?? `${parsed.error.issues[0].path.join('.') || 'it'} otherwise`);
    throw new IncompleteMergeError(`${path}: expected ${expected}, found ${what}`);
  }
  // What was parsed is checked; what is used is the document itself, with its keys in their order.
  return { path, document: document as NamedShard['document'] };
}

function checkSameStudy(first: NamedShard, other: NamedShard): void {
  const [a, b] = [first.document, other.document];
  const fail = (expected: string, found: string): never => {
    throw new IncompleteMergeError(`${other.path}: expected ${expected} as in ${first.path}, found ${found}`);
  };
  const [toolA, toolB] = [a, b].map(({ provenance }) => toolName(provenance.tool));
  if (toolA !== toolB) fail(toolA, toolB);
  if (a.provenance.study.id !== b.provenance.study.id) {
    const trace = b.provenance.traces.find(
      (one, at) => a.provenance.traces[at]?.trace === one.trace && a.provenance.traces[at].sha256 !== one.sha256,
    );
    if (trace !== undefined) fail(`the same content of trace ${trace.trace}`, 'another');
    fail(`a shard of study ${shortId(a)}`, `one of study ${shortId(b)}`);
  }
  if (a.shard.count !== b.shard.count) fail(`one of ${a.shard.count} shards`, `one of ${b.shard.count}`);
}

const toolName = ({ name, version, build }: StudyDocument['provenance']['tool']): string =>
  `${name} ${version}${build === undefined ? '' : ` (build ${build.slice(0, 12)})`}`;

const shortId = ({ provenance }: StudyDocument): string =>
  `${provenance.study.file} (${provenance.study.id.slice(0, 12)})`;

function checkNoneMissing(byIndex: ReadonlyMap<number, NamedShard>, count: number): void {
  const missing: string[] = [];
  for (let index = 1; index <= count; index++) if (!byIndex.has(index)) missing.push(`${index}/${count}`);
  if (missing.length === 0) return;
  const more = missing.length > NAMED_MISSING ? ` and ${missing.length - NAMED_MISSING} more` : '';
  throw new IncompleteMergeError(
    `expected all ${count} shards, found none for ${missing.slice(0, NAMED_MISSING).join(', ')}${more}`,
  );
}

function mergePoints(shards: readonly NamedShard[], count: number): StudyPoint[] {
  const points: StudyPoint[] = [];
  for (const { path, document } of shards) {
    let expected = 0;
    for (let index = 0; index < count; index++) if (isInShard(index, document.shard)) expected++;
    if (document.points.length !== expected) {
      throw new IncompleteMergeError(`${path}: expected ${expected} points, found ${document.points.length}`);
    }
    for (const point of document.points) {
      if (point.index >= count || !isInShard(point.index, document.shard) || points[point.index] !== undefined) {
        throw new IncompleteMergeError(`${path}: expected every point of its shard once, found point ${point.index}`);
      }
      points[point.index] = point;
    }
  }
  return points;
}
