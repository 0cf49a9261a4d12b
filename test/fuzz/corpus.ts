/**
 * What fuzzing starts from: every file of `traces/`, the forms that recordings have elsewhere among them, and what our own
 * writers make of two of them. Long recordings give a piece of their beginning and one of their middle.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { openTrace } from '../../src/formats/open-trace.js';
import { writerByName } from '../../src/formats/output-registry.js';
import { unpack } from '../../src/formats/packing/unpack.js';
import { readerByContent, readerByName } from '../../src/formats/registry.js';
import { writerContext } from '../../src/formats/writer.js';
import { TraceFormatError } from '../../src/trace/errors.js';
import { simpleTraceOf } from '../support/simple-trace.js';

/** How the bytes of a seed are laid out, which decides what mutations know of it. */
export type Layout = 'text' | 'arrow' | 'raw' | 'qemu-simple' | 'gz' | 'xz' | 'zst' | 'bytes';

/** One input to be mutated. */
export interface Seed {
  readonly name: string;
  readonly layout: Layout;
  /** The reader that takes it, undefined if none does. */
  readonly format: string | undefined;
  /** Row of the table: what it is packed in, or the format. */
  readonly kind: string;
  readonly bytes: Buffer;
}

/** All seeds, always in the same order, and a digest of them: input N is the same wherever the digest is. */
export interface Corpus {
  readonly seeds: readonly Seed[];
  readonly digest: string;
}

/** Bytes of one piece of a long recording: it is read in about a millisecond. */
const PIECE_BYTES = 12_000;
/** Longest file that is a seed as it is, packed or not, and what it may unpack to. */
const WHOLE_BYTES = 20_000;
const UNPACKED_BYTES = 200_000;
const PACKED: readonly string[] = ['gz', 'xz', 'zst'];

/** Collect the seeds in `folder` (the project's `traces/`). */
export async function collectCorpus(folder: string): Promise<Corpus> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(md|yaml)$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  const seeds: Seed[] = [];
  for (const name of names) seeds.push(...(await seedsOfFile(name, readFileSync(join(folder, name)))));
  seeds.push(...(await writtenSeeds(folder)));
  const hash = createHash('sha256');
  for (const { name, bytes } of seeds) hash.update(`${name} ${bytes.length}\n`).update(bytes);
  return { seeds, digest: hash.digest('hex') };
}

async function seedsOfFile(name: string, bytes: Buffer): Promise<Seed[]> {
  const { compression, content, isWhole } = await unpacked(bytes);
  if (compression === 'none') return piecesOf(name, content);
  const isSmall = bytes.length <= WHOLE_BYTES && content.length <= UNPACKED_BYTES;
  const packed: Seed[] = isSmall ? [{ ...plainSeed(name, bytes), layout: compression, kind: compression }] : [];
  return isWhole ? [...packed, ...piecesOf(`${name} unpacked`, content)] : packed;
}

function piecesOf(name: string, content: Buffer): Seed[] {
  if (content.length <= WHOLE_BYTES) return [plainSeed(name, content)];
  const middle = content.indexOf('\n', content.length >> 1) + 1;
  const format = formatOf(content);
  return [0, middle].map((at) => ({
    ...plainSeed(`${name} at ${at}`, content.subarray(at, at + PIECE_BYTES)),
    // The middle of a CSV has no header row; its format is known all the same.
    ...(format === undefined ? {} : { format, kind: format }),
  }));
}

function plainSeed(name: string, bytes: Buffer): Seed {
  const format = formatOf(bytes);
  return { name, layout: layoutOf(format, bytes), format, kind: format ?? 'unrecognised', bytes };
}

function layoutOf(format: string | undefined, bytes: Buffer): Layout {
  if (format === 'arrow' || format === 'raw' || format === 'qemu-simple') return format;
  return bytes.includes(0) ? 'bytes' : 'text';
}

function formatOf(bytes: Buffer): string | undefined {
  try {
    return readerByContent(bytes, 'seed').name;
  } catch (error) {
    if (error instanceof TraceFormatError) return undefined;
    throw error;
  }
}

/** What `bytes` unpack to, as far as they do. */
async function unpacked(bytes: Buffer): Promise<{ compression: 'none' | Layout; content: Buffer; isWhole: boolean }> {
  const pieces: Uint8Array[] = [];
  let compression = 'none';
  let isWhole = true;
  try {
    const opened = await unpack(Readable.from([bytes]), 'seed');
    compression = opened.compression;
    for await (const piece of opened.chunks) pieces.push(piece.slice());
  } catch (error) {
    if (!(error instanceof TraceFormatError)) throw error;
    isWhole = false;
  }
  const isPacked = PACKED.includes(compression);
  return {
    compression: isPacked ? (compression as Layout) : 'none',
    content: isPacked ? Buffer.concat(pieces) : bytes,
    isWhole,
  };
}

/** What no file of the folder is: our own writers' output, QEMU's binary trace, a log packed as two members. */
async function writtenSeeds(folder: string): Promise<Seed[]> {
  const seeds: Seed[] = [];
  for (const sample of ['ats-four-devices', 'granules-and-blocks']) {
    for (const format of ['jsonl', 'arrow', 'arrow-stream', 'raw']) {
      const bytes = await written(format, join(folder, `csv/${sample}.csv`));
      // A dump without marks is recognised by nothing but its name.
      const named = readerByName(format === 'arrow-stream' ? 'arrow' : format).name;
      const seed = plainSeed(`${sample} as ${format}`, bytes);
      seeds.push({ ...seed, format: named, kind: named, layout: layoutOf(named, bytes) });
    }
  }
  const log = readFileSync(join(folder, 'forms/01c-qemu-era-q7.log'), 'latin1');
  seeds.push(plainSeed('01c as qemu-simple', simpleTraceOf(log, '7.2')));
  seeds.push(plainSeed('01c as big-endian qemu-simple', simpleTraceOf(log, '7.2', false)));
  const members = Buffer.concat([gzipSync(log.slice(0, 2000)), gzipSync(log.slice(2000))]);
  seeds.push({ ...plainSeed('01c as two gz members', members), layout: 'gz', kind: 'gz' });
  return seeds;
}

async function written(format: string, path: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const { batches } = await openTrace(path);
  for await (const piece of writerByName(format).write(batches, writerContext())) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}
