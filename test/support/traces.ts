/**
 * Traces for tests: the recordings and samples of `traces/`, traces from text in memory, and events as plain objects.
 */
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { OpenTrace } from '../../src/formats/open-trace.js';
import { type OpenTraceOptions, openTrace } from '../../src/formats/open-trace.js';
import { unpack } from '../../src/formats/packing/unpack.js';
import { openSource } from '../../src/formats/source.js';
import { type CommandWords, decodeCommand } from '../../src/trace/command.js';
import { EVENT_NAMES, type EventBatch, EventKind, OUTCOME_NAMES } from '../../src/trace/events.js';
import { opcodeKey } from '../../src/trace/opcodes.js';
import { formatIova } from '../../src/trace/units.js';

/** Path of a file below `traces/`. */
export function tracePath(name: string): string {
  return fileURLToPath(new URL(`../../traces/${name}`, import.meta.url));
}

/** A trace that was drawn to its end. */
export interface ReadTrace {
  readonly trace: OpenTrace;
  readonly batches: readonly EventBatch[];
}

/** Open and draw the trace at `path`. */
export async function readTrace(path: string, options: OpenTraceOptions = {}): Promise<ReadTrace> {
  const trace = await openTrace(path, options);
  const batches: EventBatch[] = [];
  for await (const batch of trace.batches) batches.push(batch);
  return { trace, batches };
}

/** Open and draw a trace whose content is `content`; messages call it `<stdin>`. */
export function readContent(content: string | Uint8Array, options: OpenTraceOptions = {}): Promise<ReadTrace> {
  return readTrace('-', { ...options, stdin: Readable.from([Buffer.from(content)]) });
}

/** The message of the error that drawing `content` ends in; fails if there is none. */
export async function failureOf(content: string | Uint8Array, options: OpenTraceOptions = {}): Promise<string> {
  return messageOf(() => readContent(content, options));
}

/** The message of the error that `action` ends in; fails if there is none. */
export async function messageOf(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
  }
  throw new Error('expected an error, found none');
}

/** One row as a plain object with every column; the source line is left out. */
function rowOf(batch: EventBatch, row: number): Record<string, number> {
  const { kind, timeNs, vcpu, queue, sid, ssid, asid, vmid, iovaPage, iovaOffset, pages, access, outcome } = batch;
  return {
    kind: kind[row],
    timeNs: timeNs[row],
    vcpu: vcpu[row],
    queue: queue[row],
    cmd0Low: batch.cmd0Low[row],
    cmd0High: batch.cmd0High[row],
    cmd1Low: batch.cmd1Low[row],
    cmd1High: batch.cmd1High[row],
    sid: sid[row],
    ssid: ssid[row],
    asid: asid[row],
    vmid: vmid[row],
    iovaPage: iovaPage[row],
    iovaOffset: iovaOffset[row],
    pageSizeLog2: batch.pageSizeLog2[row],
    granuleLog2: batch.granuleLog2[row],
    pages: pages[row],
    access: access[row],
    outcome: outcome[row],
    flags: batch.flags[row],
  };
}

/** All rows of `batches` as plain objects. */
export function rowsOf(batches: readonly EventBatch[]): Record<string, number>[] {
  return batches.flatMap((batch) => Array.from({ length: batch.count }, (_, row) => rowOf(batch, row)));
}

/** Raw words of a `cmd` row. */
export function wordsOf(batch: EventBatch, row: number): CommandWords {
  return [batch.cmd0Low[row], batch.cmd0High[row], batch.cmd1Low[row], batch.cmd1High[row]];
}

/**
 * Rows as short lines for comparison with expected text: kind, then what matters for it.
 *     cmd v0 TLBI_NH_VA ASID=3 SCALE=2 …   (zero fields left out)
 *     doorbell v0 · sync-done v0
 *     dma sid=8 asid=1 0xfffff040 size=12 granule=12 hit
 */
export function summaryOf(batches: readonly EventBatch[]): string[] {
  return batches.flatMap((batch) => Array.from({ length: batch.count }, (_, row) => summaryOfRow(batch, row)));
}

function summaryOfRow(batch: EventBatch, row: number): string {
  const kind = batch.kind[row];
  if (kind === EventKind.Cmd) {
    const { OP, ...fields } = decodeCommand(wordsOf(batch, row));
    const shown = Object.entries(fields)
      .filter(([, value]) => value !== 0)
      .map(([name, value]) => `${name}=${name === 'ADDR' ? formatIova(value) : value}`);
    return [`cmd v${batch.vcpu[row]} ${opcodeKey(OP ?? 0)}`, ...shown.sort()].join(' ');
  }
  if (kind !== EventKind.Dma) return `${EVENT_NAMES[kind]} v${batch.vcpu[row]}`;
  const address = formatIova(batch.iovaPage[row], batch.iovaOffset[row]);
  const size = `size=${batch.pageSizeLog2[row]} granule=${batch.granuleLog2[row]}`;
  return `dma sid=${batch.sid[row]} asid=${batch.asid[row]} ${address} ${size} ${OUTCOME_NAMES[batch.outcome[row]]}`;
}

/** Unpacked text of a compressed file below `traces/`. */
export async function traceText(name: string): Promise<string> {
  const source = await openSource(tracePath(name));
  const { chunks } = await unpack(source.chunks, name);
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces).toString('latin1');
}

/** The bytes of a file below `traces/`. */
export function traceBytes(name: string): Promise<Buffer> {
  return readFile(tracePath(name));
}
