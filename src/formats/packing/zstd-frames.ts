/**
 * Walks the frames of a zstd stream without unpacking them: where each begins and ends, how large it says its content
 * is, and how much memory it asks for (RFC 8878 §3.1).
 *
 * The JavaScript decoder checks none of this: a truncated or damaged stream may pass it with other bytes than were packed.
 * The declared sizes, and the checksum that stands behind a frame, are what can be checked from outside.
 */

import { TREE_BYTES, weightsEnd } from './zstd-weights.js';

const MAGIC = 0xfd2fb528;
/** Skippable frames: sixteen magic numbers in a row. */
const SKIPPABLE = 0x184d2a50;
const RLE_BLOCK = 1;
const COMPRESSED_BLOCK = 2;
const RESERVED_BLOCK = 3;
/** Bytes of the content size field, by its code; code 0 has one byte in a single-segment frame. */
const SIZE_BYTES = [0, 2, 4, 8];
const DICTIONARY_BYTES = [0, 1, 2, 4];

/** Largest window that is accepted: what the zstd program unpacks without being told to. */
const MAX_WINDOW_BYTES = 2 ** 27;

/** Taking the memory of a window costs about as much as moving it so often. */
const MOVES_OF_A_NEW_WINDOW = 4;

/** What is expected next. */
type State = 'magic' | 'descriptor' | 'header' | 'block' | 'content' | 'checksum' | 'skip-size' | 'skip';

/** Where a frame ends, skippable ones included. */
export interface FrameEnd {
  /** Packed bytes of the stream up to there. */
  readonly position: number;
  /** Low half of the XXH64 of its content, if it has one. */
  readonly checksum: number | undefined;
}

/** State of the walk, fed with the packed bytes as they come. */
export class ZstdFrames {
  /** Sum of the content sizes that the frames declared. */
  declaredBytes = 0;
  /** True if a frame did not declare its size: the sum is then only a lower bound. */
  hasUndeclared = false;
  /** True if a frame carries a checksum. */
  hasChecksum = false;
  /** Packed bytes so far. */
  fedBytes = 0;
  /** Bytes of windows that a decoder moves which shifts its window at every block, and takes a new one for every frame. */
  movedBytes = 0;
  /** Ends of frames that nobody has taken yet, if they are kept. */
  readonly ends: FrameEnd[] = [];
  /** What is wrong with the stream, if anything. */
  problem: string | undefined;
  private position = 0;
  private state: State = 'magic';
  private field = Buffer.alloc(18);
  private filled = 0;
  private wanted = 4;
  /** Bytes to pass over. */
  private left = 0;
  private isLastBlock = false;
  private window = 0;
  private endsWithChecksum = false;
  /** The first bytes of the compressed block that passes, up to a whole tree. */
  private readonly tree = Buffer.alloc(TREE_BYTES);
  private treeBytes = 0;
  /** Bytes of it that are still to come. */
  private treeLeft = 0;

  /** @param keepsEnds whether `ends` is filled, for somebody who empties it */
  constructor(private readonly keepsEnds = false) {}

  /** True between frames: a stream that ends here is whole. */
  get isAtBoundary(): boolean {
    return this.state === 'magic' && this.filled === 0;
  }

  /** Look at the next packed bytes. */
  feed(bytes: Uint8Array): void {
    const start = this.fedBytes;
    this.fedBytes += bytes.length;
    let at = 0;
    while (at < bytes.length && this.problem === undefined) {
      if (this.left > 0) {
        const passed = Math.min(this.left, bytes.length - at);
        if (this.treeLeft > 0) this.takeTree(bytes.subarray(at, at + passed));
        this.left -= passed;
        at += passed;
        this.position = start + at;
        if (this.left === 0) this.afterContent();
        continue;
      }
      this.field[this.filled++] = bytes[at++];
      if (this.filled < this.wanted) continue;
      this.filled = 0;
      this.position = start + at;
      this.take();
    }
  }

  /** A field is complete. */
  private take(): void {
    const { field } = this;
    switch (this.state) {
      case 'magic':
        this.takeMagic(field.readUInt32LE(0));
        break;
      case 'descriptor':
        this.takeDescriptor(field[0]);
        break;
      case 'header':
        this.takeHeader();
        this.expect('block', 3);
        break;
      case 'block':
        this.takeBlock(field.readUIntLE(0, 3));
        break;
      case 'checksum':
        this.endFrame(field.readUInt32LE(0));
        break;
      case 'skip-size':
        this.pass('skip', field.readUInt32LE(0));
    }
  }

  /** The descriptor stays in `field`; the header bytes that it announces (at least one) follow it there. */
  private takeDescriptor(descriptor: number): void {
    this.endsWithChecksum = (descriptor & 4) !== 0;
    if (this.endsWithChecksum) this.hasChecksum = true;
    if ((descriptor & 8) !== 0) this.problem = 'a reserved bit in a frame header';
    this.filled = 1;
    this.expect('header', 1 + headerBytes(descriptor));
  }

  private takeMagic(magic: number): void {
    if (magic === MAGIC) this.expect('descriptor', 1);
    else if ((magic & ~15) >>> 0 === SKIPPABLE) this.expect('skip-size', 4);
    else this.problem = 'bytes that begin no frame';
  }

  private takeHeader(): void {
    const { field } = this;
    const descriptor = field[0];
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const code = descriptor >> 6;
    let at = 1;
    let window = 0;
    if (!isSingleSegment) {
      const exponent = field[at] >> 3;
      window = 2 ** (10 + exponent) * (1 + (field[at] & 7) / 8);
      at++;
    }
    at += DICTIONARY_BYTES[descriptor & 3];
    const sizeBytes = code === 0 && isSingleSegment ? 1 : SIZE_BYTES[code];
    if (sizeBytes === 0) {
      this.hasUndeclared = true;
    } else {
      const size = sizeBytes === 8 ? Number(field.readBigUInt64LE(at)) : field.readUIntLE(at, sizeBytes);
      const declared = sizeBytes === 2 ? size + 256 : size;
      this.declaredBytes += declared;
      if (isSingleSegment) window = declared;
    }
    this.window = window;
    this.movedBytes += MOVES_OF_A_NEW_WINDOW * window;
    if (window > MAX_WINDOW_BYTES) this.problem = `a window of more than ${MAX_WINDOW_BYTES / 2 ** 20} MiB`;
    if ((descriptor & 3) !== 0) this.problem = 'a frame that needs a dictionary';
  }

  private takeBlock(header: number): void {
    this.isLastBlock = (header & 1) !== 0;
    this.movedBytes += this.window;
    const type = (header >> 1) & 3;
    if (type === RESERVED_BLOCK) this.problem = 'a block of a reserved type';
    else this.pass('content', type === RLE_BLOCK ? 1 : header >> 3);
    this.treeBytes = 0;
    this.treeLeft = type === COMPRESSED_BLOCK ? Math.min(this.left, TREE_BYTES) : 0;
  }

  private takeTree(bytes: Uint8Array): void {
    const part = bytes.subarray(0, this.treeLeft);
    this.tree.set(part, this.treeBytes);
    this.treeBytes += part.length;
    this.treeLeft -= part.length;
    if (this.treeLeft === 0 && !weightsEnd(this.tree.subarray(0, this.treeBytes))) this.problem = 'corrupt data';
  }

  private afterContent(): void {
    if (this.state === 'skip') this.endFrame(undefined);
    else if (!this.isLastBlock) this.expect('block', 3);
    else if (this.endsWithChecksum) this.expect('checksum', 4);
    else this.endFrame(undefined);
  }

  private endFrame(checksum: number | undefined): void {
    if (this.keepsEnds) this.ends.push({ position: this.position, checksum });
    this.expect('magic', 4);
  }

  private expect(state: State, bytes: number): void {
    this.state = state;
    this.wanted = bytes;
  }

  private pass(state: State, bytes: number): void {
    this.state = state;
    this.left = bytes;
    if (bytes === 0) this.afterContent();
  }
}

/** Bytes of the frame header after its descriptor. */
function headerBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const code = descriptor >> 6;
  const size = code === 0 && isSingleSegment ? 1 : SIZE_BYTES[code];
  return (isSingleSegment ? 0 : 1) + DICTIONARY_BYTES[descriptor & 3] + size;
}
