/**
 * Is Arrow metadata that claims what is not there refused before anything is read by it, in work and memory bounded by its bytes?
 */
import { Dictionary, Field, Int8, Int32, Schema, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { BufferRegion, DictionaryBatch, FieldNode, Message, RecordBatch } from 'apache-arrow/ipc/metadata/message';
import { describe, expect, it } from 'vitest';
import { ArrowError, FlatBuffer } from '../../src/formats/arrow/flatbuffer.js';
import { streamMessages, verifyFile } from '../../src/formats/arrow/messages.js';
import { ArrowVerifier, MAX_DELTAS, MAX_MESSAGE_BYTES, MessageKind } from '../../src/formats/arrow/verify.js';
import { failureOf, readContent, traceBytes } from '../support/traces.js';

/** What `action` is refused for. */
function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ArrowError) return error.found;
    throw error;
  }
  return 'accepted';
}

interface Claims {
  rows?: number;
  node?: [number, number];
  buffer?: [number, number];
  body?: number;
}

const recordBatch = ({ rows = 8, node = [8, 0], buffer = [0, 8] }: Claims) =>
  new RecordBatch(rows, [new FieldNode(...node)], [new BufferRegion(...buffer)], null);
const batchMessage = (claims: Claims) => Message.encode(Message.from(recordBatch(claims), claims.body ?? 64));
const dictionaryMessage = (id: number, isDelta = false) =>
  Message.encode(Message.from(new DictionaryBatch(recordBatch({}), id, isDelta), 64));
const schemaMessage = () =>
  Message.encode(Message.from(new Schema([new Field('event', new Dictionary(new Utf8(), new Int8(), 7))])));

describe('a record batch', () => {
  it('of what it has is a message of its body', () => {
    expect(new ArrowVerifier().message(batchMessage({}))).toEqual({ kind: MessageKind.RecordBatch, bodyBytes: 64 });
  });

  it.each<[string, Claims, string]>([
    ['rows', { rows: 2 ** 40 }, `${2 ** 40} rows in 64 bytes`],
    ['rows below none', { rows: -1 }, '-1 rows in 64 bytes'],
    ['values', { node: [2 ** 33, 0] }, `a column of ${2 ** 33} values in 64 bytes`],
    ['nulls', { node: [8, 9] }, 'a column of 8 values with 9 nulls'],
    ['a buffer', { buffer: [60, 8] }, 'a buffer of 8 bytes from 60 on in a body of 64'],
    ['a buffer before the body', { buffer: [-8, 8] }, 'a buffer of 8 bytes from -8 on in a body of 64'],
    ['a body', { body: MAX_MESSAGE_BYTES + 1 }, 'a message of more than 256 MiB'],
    ['a body of less than nothing', { body: -5 }, 'a body of -5 bytes'],
  ])('that claims too much is refused: %s', (_what, claims, found) => {
    expect(refusal(() => new ArrowVerifier().message(batchMessage(claims)))).toBe(found);
  });
});

describe('dictionaries', () => {
  it('are those of the schema', () => {
    const verifier = new ArrowVerifier();
    verifier.message(schemaMessage());
    expect(verifier.message(dictionaryMessage(7)).kind).toBe(MessageKind.DictionaryBatch);
    expect(refusal(() => verifier.message(dictionaryMessage(8)))).toBe('a dictionary 8 that the schema does not have');
  });

  it('are extended so often and no oftener', () => {
    const verifier = new ArrowVerifier();
    verifier.message(schemaMessage());
    const delta = dictionaryMessage(7, true);
    for (let i = 0; i < MAX_DELTAS; i++) verifier.message(delta);
    expect(refusal(() => verifier.message(delta))).toBe('more than 1000 deltas of one dictionary');
  });
});

describe('a flatbuffer', () => {
  it('at any cut refers beyond its end', () => {
    const whole = schemaMessage();
    for (let length = 0; length < whole.length - 8; length += 3) {
      expect(refusal(() => new ArrowVerifier().message(whole.subarray(0, length)))).toMatch(/metadata|vtable/);
    }
  });

  it('is walked in steps bounded by its size, however often it names its parts', () => {
    // A root of one field: a list of 50,000 tables that are all the same one.
    const count = 50_000;
    const bytes = Buffer.alloc(64 + 4 * count);
    bytes.writeUInt32LE(12, 0);
    bytes.writeUInt16LE(6, 4); // the vtable of both tables: its size, theirs, their field
    bytes.writeUInt16LE(8, 6);
    bytes.writeUInt16LE(4, 8);
    bytes.writeInt32LE(8, 12);
    bytes.writeUInt32LE(4, 16);
    bytes.writeUInt32LE(count, 20);
    const inner = bytes.length - 24;
    for (let index = 0; index < count - 6; index++) bytes.writeUInt32LE(inner - (24 + 4 * index), 24 + 4 * index);
    bytes.writeInt32LE(inner - 4, inner);
    let walked = 0;
    const walk = () => {
      for (const table of new FlatBuffer(bytes).root().tables(0)) {
        walked++;
        table.number(0, 4);
      }
    };
    expect(refusal(walk)).toBe('metadata that refers to its parts over and over');
    expect(walked).toBeLessThan(count);
  });
});

describe('a stream', () => {
  const prefixed = (length: number, ...rest: Uint8Array[]) => {
    const head = Buffer.alloc(8, 0xff);
    head.writeInt32LE(length, 4);
    return Buffer.concat([head, ...rest]);
  };

  it.each([-8, 2 ** 30])('with %i bytes of metadata is refused before any of it is awaited', async (length) => {
    let given = 0;
    async function* endless() {
      yield prefixed(length);
      for (; ; given++) yield new Uint8Array(1 << 16);
    }
    const read = async () => {
      for await (const _ of streamMessages(endless()));
    };
    await expect(read()).rejects.toThrow(`a message with ${length} bytes of metadata`);
    expect(given).toBe(0);
  });

  it('takes no memory for a body that has not come', async () => {
    const metadata = batchMessage({ body: MAX_MESSAGE_BYTES, rows: 1000 });
    async function* cut() {
      yield prefixed(metadata.length, metadata, new Uint8Array(1000));
    }
    const before = process.memoryUsage().arrayBuffers;
    const sizes: number[] = [];
    for await (const piece of streamMessages(cut())) sizes.push(piece.length);
    expect(sizes).toEqual([8, metadata.length, 1000]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
  });
});

describe('a file that only its end explains', () => {
  const polars = () => traceBytes('arrow/granules-and-blocks.polars.arrow');

  it('is what its footer says', async () => {
    const file = await polars();
    expect(refusal(() => verifyFile(file))).toBe('accepted');
  });

  it('that a transfer in text mode has changed is refused', async () => {
    const text = (await polars()).toString('latin1').replaceAll('\n', '\r\n');
    expect(await failureOf(Buffer.from(text, 'latin1'))).toMatch(/expected well-formed Arrow IPC, found a /);
  });

  /** Where the footer has its only block of a record batch: offset, length of the metadata, length of the body. */
  const blockIn = (file: Buffer): number => {
    const footer = file.length - 10 - file.readInt32LE(file.length - 10);
    for (let at = footer; at < file.length - 34; at += 4) {
      const offset = Number(file.readBigInt64LE(at));
      if (offset >= 8 && offset < footer && file.readInt32LE(offset) === -1) {
        if (file.readInt32LE(at + 8) === 8 + file.readInt32LE(offset + 4)) return at;
      }
    }
    throw new Error('no block');
  };

  it.each<[string, (file: Buffer, at: number) => void, RegExp]>([
    [
      'is no message',
      (file, at) => file.writeBigInt64LE(file.readBigInt64LE(at) + 8n, at),
      /a (message|footer)|metadata/,
    ],
    [
      'is not aligned',
      (file, at) => file.writeBigInt64LE(file.readBigInt64LE(at) + 1n, at),
      /a footer with a block of/,
    ],
    [
      'begins before the file',
      (file, at) => file.writeBigInt64LE(0n, at),
      /a footer with a block of \d+ and \d+ bytes at 0/,
    ],
    ['ends behind it', (file, at) => file.writeBigInt64LE(2n ** 40n, at + 16), /a footer with a block of/],
    ['is shorter than its message', (file, at) => file.writeInt32LE(16, at + 8), /is not a record batch of its size/],
    ['has another body', (file, at) => file.writeBigInt64LE(8n, at + 16), /is not a record batch of its size/],
  ])('is refused if its block %s', async (_what, change, found) => {
    const file = Buffer.from(await polars());
    change(file, blockIn(file));
    expect(refusal(() => verifyFile(file))).toMatch(found);
  });
});

describe('cells', () => {
  const streamOf = (columns: Record<string, unknown>) => Buffer.from(tableToIPC(new Table(columns as never), 'stream'));
  const times = vectorFromArray([1, 2], new Int32());

  it('with a name that the dictionary does not have are refused, not absent', async () => {
    const names = ['doorbell', 'sync-done'];
    const event = vectorFromArray(names, new Dictionary(new Utf8(), new Int8()));
    const bytes = streamOf({ time_ns: times, event });
    expect((await readContent(bytes)).batches[0].count).toBe(2);
    // The indices 0 and 1, in a buffer of eight bytes at the end of the body.
    const at = bytes.lastIndexOf(Buffer.from([0, 1, 0, 0, 0, 0, 0, 0]));
    bytes[at + 1] = 5;
    expect(await failureOf(bytes)).toMatch(/found name 5 of a dictionary of 2 \(row 1\)$/);
  });

  it('that share their text are refused: a row could have all the bytes of the file', async () => {
    const bytes = streamOf({ time_ns: times, event: vectorFromArray(['doorbell', 'doorbell'], new Utf8()) });
    const offsets = Buffer.from(Int32Array.of(0, 8, 16).buffer);
    const at = bytes.lastIndexOf(offsets);
    bytes.writeInt32LE(0, at + 8);
    expect(await failureOf(bytes)).toMatch(/found a text of -8 bytes$/);
  });

  it('with a text that is no value of ours are refused', async () => {
    const event = vectorFromArray(['doorbell', 'x'.repeat(2000)], new Utf8());
    expect(await failureOf(streamOf({ time_ns: times, event }))).toMatch(/found a text of more than 1024 bytes$/);
  });
});
