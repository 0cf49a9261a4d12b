/**
 * Are the values of a column where its offsets, views and indices say? The library reads what is beyond as absent, and a
 * text that a thousand rows share a thousand times. Checked once per record batch that is read row by row.
 */
import type { Data } from 'apache-arrow';
import { ArrowError } from './flatbuffer.js';

/** Longest text of a cell; no name, number or set of flags of ours has a tenth of it. */
const MAX_TEXT_BYTES = 1024;
/** A view: length, then the text or where it is. */
const VIEW_BYTES = 16;

/** Dictionaries that have been looked at; batches share them. */
const CHECKED = new WeakSet<object>();

/** @throws ArrowError for a column with values that are not there, or texts that are too long */
export function checkCells(data: Data): void {
  const { valueOffsets, dictionary } = data;
  if (dictionary !== undefined) checkIndices(data, dictionary.length);
  else if (valueOffsets !== undefined && valueOffsets.length > 0) checkOffsets(data);
  else if ((data.variadicBuffers ?? []).length > 0) checkViews(data);
  if (dictionary === undefined || CHECKED.has(dictionary)) return;
  CHECKED.add(dictionary);
  for (const chunk of dictionary.data) checkCells(chunk);
}

function checkIndices(data: Data, names: number): void {
  const { values, length, offset } = data;
  for (let row = 0; row < length; row++) {
    const index = values[row];
    if (index >= 0 && index < names) continue;
    if (data.getValid(row)) throw new ArrowError(`name ${index} of a dictionary of ${names} (row ${row + offset})`);
  }
}

/** Texts lie one behind the other: all of them are no longer than the buffer. */
function checkOffsets({ valueOffsets, values, length }: Data): void {
  const offsets = valueOffsets as Int32Array | BigInt64Array;
  const available = (values as Uint8Array | undefined)?.length ?? 0;
  let before = Number(offsets[0]);
  if (before < 0 || offsets.length <= length) throw new ArrowError('a column of texts without their offsets');
  for (let row = 1; row <= length; row++) {
    const after = Number(offsets[row]);
    checkText(after - before);
    before = after;
  }
  if (before > available) throw new ArrowError(`texts up to ${before} in ${available} bytes`);
}

function checkViews(data: Data): void {
  const { buffer, byteOffset, byteLength } = data.values as Uint8Array;
  const view = new DataView(buffer, byteOffset, byteLength);
  for (let row = 0; row < data.length; row++) {
    if (data.getValid(row)) checkText(view.getInt32(VIEW_BYTES * row, true));
  }
}

function checkText(bytes: number): void {
  if (bytes >= 0 && bytes <= MAX_TEXT_BYTES) return;
  throw new ArrowError(bytes < 0 ? `a text of ${bytes} bytes` : `a text of more than ${MAX_TEXT_BYTES} bytes`);
}
