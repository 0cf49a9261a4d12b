/**
 * Compression of what is written: gz everywhere, zst where this Node can (22.15 and later).
 */
import { pipeline, Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { suggestion, UsageError } from '../../trace/errors.js';

/** One compression. */
interface Packer {
  readonly name: string;
  readonly suffix: string;
  /** Undefined if this Node cannot. */
  readonly create: (() => Transform) | undefined;
}

/** The part of newer Nodes' zlib that the types of Node 20 lack. */
const { createZstdCompress } = zlib as { createZstdCompress?: () => Transform };

const PACKERS: readonly Packer[] = [
  { name: 'gz', suffix: '.gz', create: () => zlib.createGzip() },
  { name: 'zst', suffix: '.zst', create: createZstdCompress === undefined ? undefined : () => createZstdCompress() },
];
const NAMES = ['none', ...PACKERS.map(({ name }) => name)];

/** A file name's own compression. */
export interface PackedName {
  /** The name without the suffix of its compression. */
  readonly bare: string;
  /** `none`, `gz` or `zst`. */
  readonly compression: string;
}

/** What the ending of `file` says of compression. */
export function compressionByFile(file: string): PackedName {
  const found = PACKERS.find(({ suffix }) => file.toLowerCase().endsWith(suffix));
  if (found === undefined) return { bare: file, compression: 'none' };
  return { bare: file.slice(0, -found.suffix.length), compression: found.name };
}

/**
 * `chunks` compressed.
 * @param compression `none`, `gz` or `zst`
 * @throws UsageError at once for an unknown name, or one that this Node cannot write
 */
export function pack(chunks: AsyncIterable<Uint8Array>, compression: string): AsyncIterable<Uint8Array> {
  if (compression === 'none') return chunks;
  const packer = PACKERS.find(({ name }) => name === compression);
  if (packer === undefined) throw new UsageError(`unknown compression ${compression}${suggestion(compression, NAMES)}`);
  const { create, name } = packer;
  if (create === undefined) {
    throw new UsageError(
      `${name}: expected a Node that can write it (22.15 or later), found ${process.version}; use gz, or pack the file with the ${name === 'zst' ? 'zstd' : name} program`,
    );
  }
  return transformed(chunks, create());
}

async function* transformed(chunks: AsyncIterable<Uint8Array>, packer: Transform): AsyncGenerator<Uint8Array> {
  const input = Readable.from(chunks);
  // The pipeline forwards an error of the input to the packer, whose iteration throws it.
  pipeline(input, packer, () => {});
  try {
    yield* packer;
  } finally {
    input.destroy();
    packer.destroy();
  }
}
