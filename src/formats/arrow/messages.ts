/**
 * The messages of Arrow data, cut out and verified before the library reads them: of a stream one after the other, of a
 * whole file where its footer says.
 */
import { ArrowError, FlatBuffer, type FlatVector } from './flatbuffer.js';
import {
  ArrowVerifier,
  checkKeyValues,
  checkVersion,
  kindName,
  MAX_METADATA_BYTES,
  MessageKind,
  type VerifiedMessage,
} from './verify.js';

/** Stands before the length of the metadata since Arrow 0.15. */
const CONTINUATION = -1;
/** At the end of a file: the footer's length and `ARROW1`. */
const TRAILER_BYTES = 10;
/** At its beginning: `ARROW1` and padding. */
const HEADER_BYTES = 8;
/** A block of a footer: offset, length of the metadata (and padding), length of the body. */
const BLOCK_BYTES = 24;

/**
 * The messages of a stream up to its end mark, each as its metadata and its body. At the end of the input whatever is there
 * is handed on: that it is cut is for the library to say.
 * @throws ArrowError for a message that is not what it says
 */
export async function* streamMessages(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const verifier = new ArrowVerifier();
  const input = new Input(chunks);
  for (;;) {
    let prefix = await input.take(4);
    let bytes = lengthIn(prefix, 0);
    if (bytes === CONTINUATION) {
      const rest = await input.take(4);
      bytes = lengthIn(rest, 0);
      prefix = Buffer.concat([prefix, rest]);
    }
    yield prefix;
    if (bytes === 0) return;
    checkMetadataLength(bytes);
    const metadata = await input.take(bytes);
    if (metadata.length < bytes) return yield metadata;
    const { bodyBytes } = verifier.message(metadata);
    yield metadata;
    if (bodyBytes === 0) continue;
    const body = await input.take(bodyBytes);
    yield body;
    if (body.length < bodyBytes) return;
  }
}

/** A length of four bytes; 0 if they are not all there. */
function lengthIn(bytes: Uint8Array, at: number): number {
  return bytes.length < at + 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getInt32(at, true);
}

function checkMetadataLength(bytes: number): void {
  if (bytes > 0 && bytes <= MAX_METADATA_BYTES) return;
  throw new ArrowError(`a message with ${bytes} bytes of metadata`);
}

/** Bytes taken in the pieces that a format asks for; none is claimed before it has come. */
class Input {
  private readonly iterator: AsyncIterator<Uint8Array>;
  private chunk: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.iterator = chunks[Symbol.asyncIterator]();
  }

  /** The next `bytes` bytes, fewer at the end of the input; copied only where they come from several pieces of memory. */
  async take(bytes: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let missing = bytes;
    while (missing > 0) {
      if (this.chunk.length === 0) {
        const next = await this.iterator.next();
        if (next.done === true) break;
        this.chunk = next.value;
      }
      const piece = this.chunk.subarray(0, missing);
      this.chunk = this.chunk.subarray(piece.length);
      missing -= piece.length;
      const before = pieces.at(-1);
      if (before !== undefined && isBehind(piece, before)) {
        pieces[pieces.length - 1] = new Uint8Array(before.buffer, before.byteOffset, before.length + piece.length);
      } else if (piece.length > 0) pieces.push(piece);
    }
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
  }
}

const isBehind = (piece: Uint8Array, { buffer, byteOffset, length }: Uint8Array): boolean =>
  piece.buffer === buffer && piece.byteOffset === byteOffset + length;

/**
 * Check that a whole file is what its footer says: every block a message of its kind, one behind the other.
 * @throws ArrowError if not
 */
export function verifyFile(file: Uint8Array): void {
  const footerEnd = file.length - TRAILER_BYTES;
  if (footerEnd < HEADER_BYTES) throw new ArrowError(`a file of ${file.length} bytes`);
  const bytes = lengthIn(file, footerEnd);
  const footerStart = footerEnd - bytes;
  if (bytes <= 0 || footerStart < HEADER_BYTES) throw new ArrowError(`a footer of ${bytes} bytes`);
  const buffer = new FlatBuffer(file.subarray(footerStart, footerEnd));
  const footer = buffer.root();
  checkVersion(footer);
  const verifier = new ArrowVerifier();
  verifier.schema(footer.required(1, 'a schema'));
  checkKeyValues(footer, 4);
  const dictionaries = blocksIn(buffer, footer.vector(2, BLOCK_BYTES), MessageKind.DictionaryBatch);
  const batches = blocksIn(buffer, footer.vector(3, BLOCK_BYTES), MessageKind.RecordBatch);
  for (const block of [...dictionaries, ...batches]) checkBlock(file.subarray(0, footerStart), block, verifier);
  checkApart([...dictionaries, ...batches]);
}

interface Block {
  readonly kind: MessageKind;
  readonly offset: number;
  readonly metadataBytes: number;
  readonly bodyBytes: number;
}

/** Blocks in their order, which is that of the file. */
function blocksIn(buffer: FlatBuffer, { at, count }: FlatVector, kind: MessageKind): Block[] {
  const blocks: Block[] = [];
  let last = -1;
  for (let start = at; start < at + count * BLOCK_BYTES; start += BLOCK_BYTES) {
    const offset = buffer.int64(start);
    if (offset <= last) throw new ArrowError(`a footer whose blocks go back from ${last} to ${offset}`);
    last = offset;
    blocks.push({
      kind,
      offset,
      metadataBytes: buffer.int32(start + 8),
      bodyBytes: buffer.int64(start + 16),
    });
  }
  return blocks;
}

function checkBlock(file: Uint8Array, block: Block, verifier: ArrowVerifier): void {
  const { offset, metadataBytes, bodyBytes, kind } = block;
  const isInside = metadataBytes > 0 && bodyBytes >= 0 && offset + metadataBytes + bodyBytes <= file.length;
  if (offset < HEADER_BYTES || offset % 8 !== 0 || !isInside) {
    throw new ArrowError(`a footer with a block of ${metadataBytes} and ${bodyBytes} bytes at ${offset}`);
  }
  const first = lengthIn(file, offset);
  const prefixBytes = first === CONTINUATION ? 8 : 4;
  const bytes = first === CONTINUATION ? lengthIn(file, offset + 4) : first;
  checkMetadataLength(bytes);
  let found: VerifiedMessage | undefined;
  if (prefixBytes + bytes <= metadataBytes) {
    found = verifier.message(file.subarray(offset + prefixBytes, offset + prefixBytes + bytes));
    // The body follows the metadata: a block that is longer than that would have the library read another one.
    if (found.kind === kind && found.bodyBytes === bodyBytes && prefixBytes + bytes === metadataBytes) return;
  }
  throw new ArrowError(`a footer whose block at ${offset} is not ${kindName(kind)} of its size`);
}

/** No two blocks share a byte: what is read in all is no more than the file. */
function checkApart(blocks: readonly Block[]): void {
  let end = 0;
  for (const { offset, metadataBytes, bodyBytes } of blocks.toSorted((a, b) => a.offset - b.offset)) {
    if (offset < end) throw new ArrowError(`a footer with two blocks at ${offset}`);
    end = offset + metadataBytes + bodyBytes;
  }
}
