/**
 * Where the numbers are that a binary format is held together by: lengths, offsets, kinds, ids, sizes of blocks, and where
 * its records begin. Written from the formats' own documents, not from our readers.
 */
import { crc32 } from 'node:zlib';

/** A number in the bytes. */
export interface Field {
  readonly at: number;
  readonly width: 1 | 2 | 4 | 8;
}

/** What holds a file together. */
export interface Structure {
  readonly fields: readonly Field[];
  /** Where its parts begin, the first and the end included. */
  readonly parts: readonly number[];
  /** Make sums over the parts right again, so that a change is seen by what is behind them. */
  readonly mend?: (bytes: Buffer) => void;
}

const every = (from: number, to: number, width: Field['width']): Field[] => {
  const fields: Field[] = [];
  for (let at = from; at + width <= to; at += width) fields.push({ at, width });
  return fields;
};

const CONTINUATION = 0xffffffff;
const ARROW_MAGIC = 'ARROW1';

/** Arrow IPC: messages (marker, length, FlatBuffer, body), footer (FlatBuffer, length, magic). */
export function arrowStructure(bytes: Buffer): Structure {
  const fields: Field[] = [];
  const parts = [0];
  const footerBytes = bytes.length < 14 ? 0 : bytes.readUInt32LE(bytes.length - 10);
  const isFile = bytes.toString('latin1', bytes.length - 6) === ARROW_MAGIC && footerBytes < bytes.length - 10;
  const end = isFile ? bytes.length - 10 - footerBytes : bytes.length;
  for (let at = 0; at + 8 <= end; at += 8) {
    if (bytes.readUInt32LE(at) !== CONTINUATION) continue;
    const metadataBytes = bytes.readUInt32LE(at + 4);
    if (metadataBytes > end - at - 8) continue;
    parts.push(at);
    // A FlatBuffer's offsets and vectors have 4 bytes, its tables of offsets 2, lengths of buffers and ids 8.
    const [from, to] = [at + 8, at + 8 + metadataBytes];
    fields.push(...every(at, from, 4), ...every(from, to, 4), ...every(from, to, 2), ...every(from, to, 8));
    // The beginning of the body: indices of a dictionary, offsets of texts.
    fields.push(...every(to, Math.min(end, to + 256), 4));
  }
  if (isFile) {
    parts.push(end);
    fields.push(...every(end, bytes.length - 10, 4), ...every(end, bytes.length - 10, 8));
    for (let times = 0; times < 20; times++) fields.push({ at: bytes.length - 10, width: 4 });
  }
  return { fields, parts: [...parts, bytes.length] };
}

const MAPPING = 0n;

/** QEMU's simple trace: a header of three words, then records with a kind, an id and a length. */
export function simpleStructure(bytes: Buffer): Structure {
  const fields: Field[] = every(0, Math.min(24, bytes.length), 8);
  const parts = [0];
  const isLittleEndian = bytes.length >= 16 && bytes.readUInt32LE(8) === 0x0aa429b4;
  const word = (at: number) => (isLittleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  const half = (at: number) => (isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  for (let at = 24; at + 32 <= bytes.length; ) {
    parts.push(at);
    const isMapping = word(at) === MAPPING;
    const lengthAt = isMapping ? at + 16 : at + 24;
    const length = isMapping ? 20 + half(lengthAt) : 8 + half(lengthAt);
    if (length < 20 || length > bytes.length - at) break;
    fields.push({ at, width: 8 }, { at: at + 8, width: 8 }, { at: lengthAt, width: 4 });
    if (!isMapping) fields.push({ at: at + 16, width: 8 }, ...every(at + 32, at + length, 4));
    at += length;
  }
  return { fields, parts: [...parts, bytes.length] };
}

/** A dump of the queue: entries of two words. */
export function rawStructure(bytes: Buffer): Structure {
  const parts: number[] = [];
  for (let at = 0; at + 16 <= bytes.length; at += 16) parts.push(at);
  return { fields: [...every(0, bytes.length, 8), ...every(0, bytes.length, 1)], parts: [...parts, bytes.length] };
}

/** gzip (RFC 1952): ten bytes, the deflate blocks' beginning, sum and size at the end. */
export function gzStructure(bytes: Buffer): Structure {
  const tail = bytes.length - 8;
  const fields = [...every(0, Math.min(10, bytes.length), 1), ...every(10, Math.min(80, bytes.length), 1)];
  if (tail > 10) fields.push({ at: tail, width: 4 }, { at: tail + 4, width: 4 });
  return { fields, parts: [0, Math.min(10, bytes.length), Math.max(0, tail), bytes.length] };
}

/** xz (format 1.1): stream header, block header, LZMA2 chunks, index, footer. */
export function xzStructure(bytes: Buffer): Structure {
  if (bytes.length < 32) return { fields: every(0, bytes.length, 1), parts: [0, bytes.length] };
  const blockHeaderBytes = (bytes[12] + 1) * 4;
  const fields: Field[] = every(6, 12, 1);
  const parts = [0, 12];
  const indexBytes = (bytes.readUInt32LE(bytes.length - 8) + 1) * 4;
  const indexAt = bytes.length - 12 - indexBytes;
  if (12 + blockHeaderBytes < bytes.length) {
    fields.push(...every(12, 12 + blockHeaderBytes, 1));
    for (let at = 12 + blockHeaderBytes; at < bytes.length; ) {
      parts.push(at);
      const control = bytes[at];
      fields.push(...every(at, Math.min(at + 7, bytes.length), 1));
      if (control === 0 || at + 6 > bytes.length) break;
      at +=
        control < 0x80 ? 4 + bytes.readUInt16BE(at + 1) : 5 + bytes.readUInt16BE(at + 3) + (control >= 0xc0 ? 2 : 1);
    }
  }
  if (indexAt > 12) {
    fields.push(...every(indexAt, bytes.length, 1));
    parts.push(indexAt, bytes.length - 12);
  }
  const mend = (changed: Buffer) => mendXz(changed);
  return { fields, parts: [...parts, bytes.length].sort((a, b) => a - b), mend };
}

function mendXz(bytes: Buffer): void {
  const sum = (from: number, to: number, at: number) => {
    if (from < to && at >= 0 && at + 4 <= bytes.length) bytes.writeUInt32LE(crc32(bytes.subarray(from, to)), at);
  };
  if (bytes.length < 32) return;
  sum(6, 8, 8);
  const headerEnd = 12 + (bytes[12] + 1) * 4 - 4;
  sum(12, headerEnd, headerEnd);
  const indexBytes = (bytes.readUInt32LE(bytes.length - 8) + 1) * 4;
  const indexAt = bytes.length - 12 - indexBytes;
  if (indexAt > 0) sum(indexAt, bytes.length - 16, bytes.length - 16);
  sum(bytes.length - 8, bytes.length - 2, bytes.length - 12);
}

/** Zstandard (RFC 8878): magic, frame header, blocks of three bytes of header each. */
export function zstStructure(bytes: Buffer): Structure {
  const fields: Field[] = [...every(0, Math.min(4, bytes.length), 1), ...every(4, Math.min(18, bytes.length), 1)];
  const parts = [0];
  const descriptor = bytes[4] ?? 0;
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6];
  let at = 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3] + sizeBytes;
  while (at + 3 <= bytes.length) {
    parts.push(at);
    fields.push(...every(at, at + 3, 1), ...every(at + 3, Math.min(at + 12, bytes.length), 1));
    const header = bytes.readUIntLE(at, 3);
    const isRepeated = ((header >> 1) & 3) === 1;
    at += 3 + (isRepeated ? 1 : header >> 3);
    if ((header & 1) === 1) break;
  }
  return { fields, parts: [...parts, bytes.length].sort((a, b) => a - b) };
}
