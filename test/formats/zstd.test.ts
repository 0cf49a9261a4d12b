/** Is zst unpacked right by the decoder of every Node, and is every change of a stream with a checksum found? */
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MAX_MOVED_PER_BYTE, nativeDecoder, unzstd, ZstdError } from '../../src/formats/packing/zstd.js';
import { ZstdFrames } from '../../src/formats/packing/zstd-frames.js';
import { failureOf, readContent, rowsOf, tracePath, traceText } from '../support/traces.js';

const BOOT = readFileSync(tracePath('zst/boot-strict.qemu-7.2.log.zst'));
const hasNative = nativeDecoder !== undefined;

async function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Unpacked text, and what was said to be unchecked. */
async function unpacked(bytes: Uint8Array, native: boolean, size = 1 << 16) {
  const unchecked: string[] = [];
  const chunks: Uint8Array[] = [];
  for await (const chunk of unzstd(pieces(bytes, size), { native, onUnchecked: (what) => unchecked.push(what) })) {
    chunks.push(chunk.slice());
  }
  return { text: Buffer.concat(chunks).toString('latin1'), unchecked };
}

async function failure(bytes: Uint8Array, native = false): Promise<ZstdError> {
  try {
    await unpacked(bytes, native);
  } catch (error) {
    if (error instanceof ZstdError) return error;
    throw error;
  }
  throw new Error('expected an error, found none');
}

describe.each(hasNative ? [false, true] : [false])('with the native decoder: %s', (native) => {
  it('unpacks a recording in chunks of any size', async () => {
    const text = await traceText('boot-strict.qemu-7.2.log.xz');
    for (const size of [1, 7, 64, 1 << 16]) expect((await unpacked(BOOT, native, size)).text).toBe(text);
  });

  it('takes concatenated and skippable frames as one content', async () => {
    const text = await traceText('boot-strict.qemu-7.2.log.xz');
    const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const joined = Buffer.concat([BOOT, skippable, BOOT]);
    for (const size of [64, BOOT.length, 1 << 16])
      expect((await unpacked(joined, native, size)).text).toBe(text + text);
  });

  it('refuses a cut at any place', async () => {
    for (let length = 5; length < BOOT.length; length += 97) {
      expect((await failure(BOOT.subarray(0, length), native)).isTruncated).toBe(true);
    }
  });

  it('refuses a frame that wants more memory than the limit', async () => {
    // A window of 2^31 bytes in the descriptor of an otherwise empty frame.
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00]);
    expect((await failure(frame, native)).found).toBe('a window of more than 128 MiB');
  });
});

describe('the work of the JavaScript decoder', () => {
  /** Frames of 9 bytes or more with a window of 128 MiB, each of `blocks` empty blocks. */
  const frames = (count: number, blocks: number) => {
    const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88]);
    const frame = Buffer.concat([header, Buffer.alloc(3 * (blocks - 1)), Buffer.from([1, 0, 0])]);
    return Buffer.concat(Array.from({ length: count }, () => frame));
  };

  it.each([
    [1, 1000],
    [50, 1],
  ])('is bounded: %i frames of %i blocks', async (count, blocks) => {
    expect((await failure(frames(count, blocks))).found).toMatch(/^many small blocks in large windows/);
  });

  it('is nothing that a recording comes near', () => {
    const walk = new ZstdFrames();
    walk.feed(BOOT);
    expect(walk.movedBytes / BOOT.length).toBeLessThan(MAX_MOVED_PER_BYTE / 10);
  });
});

describe.each(hasNative ? [false, true] : [false])('checksums, with the native decoder: %s', (native) => {
  it('find a change anywhere, the checksum included', async () => {
    for (let at = 20; at < BOOT.length; at += at < BOOT.length - 70 ? 61 : 1) {
      const damaged = Buffer.from(BOOT);
      damaged[at] ^= 0x55;
      expect(await failure(damaged, native)).toBeInstanceOf(ZstdError);
    }
  });

  it('are of each frame, wherever reads are cut', async () => {
    const joined = Buffer.concat([BOOT, BOOT]);
    joined[BOOT.length - 1] ^= 1;
    for (const size of [1, 64, BOOT.length, 1 << 20]) {
      await expect(unpacked(joined, native, size)).rejects.toBeInstanceOf(ZstdError);
    }
  });

  it('that are missing are told', async () => {
    expect((await unpacked(BOOT, native)).unchecked).toEqual([]);
    // One raw block of three bytes.
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 3, 0x19, 0, 0, 97, 98, 99]);
    expect(await unpacked(frame, native)).toEqual({
      text: 'abc',
      unchecked: ['zst stream without a checksum: nothing to verify it by'],
    });
  });
});

describe('a zst trace', () => {
  it('is read like the recording it holds, and verified on every Node', async () => {
    const { trace, batches } = await readContent(BOOT);
    const plain = await readContent(await traceText('boot-strict.qemu-7.2.log.xz'));
    expect(trace.compression).toBe('zst');
    expect(rowsOf(batches)).toEqual(rowsOf(plain.batches));
    const notes = trace.statistics.lossy.filter(({ what }) => what.startsWith('zst'));
    expect(notes).toEqual([]);
  });

  it('that is damaged is refused in one sentence', async () => {
    expect(await failureOf(BOOT.subarray(0, 2000))).toBe(
      'TraceFormatError: <stdin>: expected a complete zst stream, found the end of the file inside the stream (truncated)',
    );
    expect(await failureOf(Buffer.concat([BOOT, Buffer.from('garbage')]))).toBe(
      'TraceFormatError: <stdin>: expected a complete zst stream, found bytes that begin no frame',
    );
  });
});

describe('a bomb', () => {
  const header = 'time_ns,event\n0,doorbell\n';
  const sentence = (name: string) =>
    `TraceFormatError: <stdin>: expected ${name} data that unpacks to at most 500 times its size, found more; unpack it first if that is meant`;

  it('of blank lines is refused when it has become too large', async () => {
    const member = gzipSync(Buffer.alloc(2 ** 20, '\n'));
    const bomb = Buffer.concat([gzipSync(header), ...Array.from({ length: 200 }, () => member)]);
    expect(await failureOf(bomb)).toBe(sentence('gz'));
  });

  it('of repeated blocks in zst is refused too', async () => {
    // One frame: raw block with the header, then run-length blocks of 128 KiB line feeds, four bytes each.
    const raw = Buffer.concat([Buffer.from([(header.length << 3) & 0xff, header.length >> 5, 0]), Buffer.from(header)]);
    const run = Buffer.from([((2 ** 17) << 3) | 2, 0, 0, 0x0a]);
    run.writeUIntLE(((2 ** 17) << 3) | 2, 0, 3);
    const frame = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]), raw, ...Array.from({ length: 2000 }, () => run)];
    expect(await failureOf(Buffer.concat(frame))).toBe(sentence('zst'));
  });
});

it('refuses a tree whose weights never end', async () => {
  // A block of literals whose Huffman weights come from a table of one symbol: its states take no bits to leave.
  const block = [0x12, 0xc0, 0x01, 5, 0xf0, 0x03, 0xff, 0xff, 0x01, 0x01, 0x00];
  const header = [((block.length << 3) | 5) & 0xff, 0, 0];
  const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, ...header, ...block]);
  for (const native of hasNative ? [false, true] : [false]) {
    for (let cut = 0; cut < frame.length; cut++) {
      const chunks = [frame.subarray(0, cut), frame.subarray(cut)];
      const unpacking = unzstd(Readable.from(chunks), { native });
      await expect(unpacking.next()).rejects.toThrow('corrupt data');
    }
  }
});
