/**
 * Batches in shared memory: the columns of a batch lie one after the other in a block, and every thread that has the block
 * sees them as a batch without copying. Who writes into a block, and when, is up to its owner.
 */
import { EventBatch } from './events.js';

type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;
type ColumnConstructor = { new (buffer: SharedArrayBuffer, offset: number, length: number): Column };

/** One column in a block; wide columns come first, so that each begins at a multiple of its element size. */
interface ColumnLayout {
  readonly name: string;
  readonly bytes: number;
  readonly type: ColumnConstructor;
}

const LAYOUT: readonly ColumnLayout[] = Object.entries(new EventBatch(0))
  .filter((entry): entry is [string, Column] => ArrayBuffer.isView(entry[1]))
  .map(([name, column]) => ({
    name,
    bytes: column.BYTES_PER_ELEMENT,
    type: column.constructor as unknown as ColumnConstructor,
  }))
  .sort((a, b) => b.bytes - a.bytes);

/** Bytes of shared memory per event. */
export const EVENT_BYTES = LAYOUT.reduce((total, { bytes }) => total + bytes, 0);

/** What a thread needs to see a batch that another has shared; can be posted. */
export interface SharedBatch {
  readonly count: number;
  /** At least `count` · EVENT_BYTES. */
  readonly memory: SharedArrayBuffer;
}

/** Copy `batch` into `memory`, by default a block of its own. */
export function shareBatch(batch: EventBatch, memory = new SharedArrayBuffer(batch.count * EVENT_BYTES)): SharedBatch {
  const { count } = batch;
  const view = viewOf({ memory, count }) as unknown as Record<string, Column>;
  const columns = batch as unknown as Record<string, Column>;
  for (const { name } of LAYOUT) view[name].set(columns[name].subarray(0, count));
  return { count, memory };
}

/** `shared` as a batch; its own `count` may be changed, its columns are everybody's. */
export function viewOf({ count, memory }: SharedBatch): EventBatch {
  const batch = Object.create(EventBatch.prototype) as Record<string, unknown>;
  batch.capacity = count;
  batch.count = count;
  let offset = 0;
  for (const { name, bytes, type } of LAYOUT) {
    batch[name] = new type(memory, offset, count);
    offset += count * bytes;
  }
  return batch as unknown as EventBatch;
}
