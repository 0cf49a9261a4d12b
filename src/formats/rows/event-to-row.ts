/**
 * The inverse of the reader: one event → the cells of one row, in the order of `CSV_HEADER`.
 *
 * Lossless for every kind. The line is not a column: a row's line is where it stands in the file that holds it.
 */
import { extractField } from '../../trace/command.js';
import {
  ABSENT,
  Access,
  EVENT_NAMES,
  type EventBatch,
  EventFlag,
  EventKind,
  OUTCOME_NAMES,
} from '../../trace/events.js';
import { opcodeName } from '../../trace/opcodes.js';
import { formatIova, tgOfGranuleLog2 } from '../../trace/units.js';
import { Column, CSV_HEADER } from './columns.js';
import { opcodeColumns } from './command-row.js';
import { flagsText } from './flags.js';

/** `access` of a write that is a message-signalled interrupt. */
const MSI = 'msi';

const ACCESS_NAMES: Readonly<Record<number, string>> = {
  [Access.Unknown]: '',
  [Access.Read]: 'r',
  [Access.Write]: 'w',
  [Access.ReadWrite]: 'rw',
};

/** Cells of row `row` of `batch`; absent values are empty. */
export function eventToCsvRow(batch: EventBatch, row: number): string[] {
  const cells: string[] = new Array(CSV_HEADER.length).fill('');
  const kind = batch.kind[row];
  cells[Column.time_ns] = String(batch.timeNs[row]);
  cells[Column.event] = EVENT_NAMES[kind];
  cells[Column.vcpu] = presentId(batch.vcpu[row]);
  if (batch.queue[row] !== 0) cells[Column.queue] = String(batch.queue[row]);
  if (kind === EventKind.Cmd) writeCommand(batch, row, cells);
  else if (kind === EventKind.Dma) writeDma(batch, row, cells);
  else if (kind === EventKind.Map || kind === EventKind.Unmap) writeMapping(batch, row, cells);
  // `access` says of a write that it is an MSI.
  const flags = cells[Column.access] === MSI ? batch.flags[row] & ~EventFlag.Msi : batch.flags[row];
  if (flags !== 0) cells[Column.flags] = flagsText(flags);
  return cells;
}

const presentId = (id: number): string => (id === ABSENT ? '' : String(id));

/** The raw words, and for readers' eyes the fields in them; a command of which only the opcode is known has neither. */
function writeCommand(batch: EventBatch, row: number, cells: string[]): void {
  const parts = [batch.cmd0Low[row], batch.cmd0High[row], batch.cmd1Low[row], batch.cmd1High[row]];
  const opcode = parts[0] & 0xff;
  cells[Column.opcode] = opcodeName(opcode) ?? `0x${opcode.toString(16).padStart(2, '0')}`;
  const hasOpcodeAlone = parts[0] === opcode && parts[1] === 0 && parts[2] === 0 && parts[3] === 0;
  if (hasOpcodeAlone && (batch.flags[row] & EventFlag.OpcodeOnly) !== 0) return;
  cells[Column.cmd0] = hexWord(parts[1], parts[0]);
  cells[Column.cmd1] = hexWord(parts[3], parts[2]);
  const { byColumn, ssv } = opcodeColumns(opcode);
  byColumn.forEach((field, column) => {
    if (field === undefined) return;
    const value = extractField(parts[field.word * 2], parts[field.word * 2 + 1], field.low, field.bits);
    if (column === Column.iova) cells[column] = formatIova(value);
    // An SSID without SSV means nothing, and reading one back would set SSV.
    else if (column !== Column.ssid || ssv === undefined || (parts[0] & 0x800) !== 0) cells[column] = String(value);
  });
}

function hexWord(high: number, low: number): string {
  const text = high === 0 ? low.toString(16) : high.toString(16) + low.toString(16).padStart(8, '0');
  return `0x${text}`;
}

function writeAddress(batch: EventBatch, row: number, cells: string[]): void {
  cells[Column.sid] = presentId(batch.sid[row]);
  cells[Column.ssid] = presentId(batch.ssid[row]);
  cells[Column.asid] = presentId(batch.asid[row]);
  cells[Column.vmid] = presentId(batch.vmid[row]);
  cells[Column.iova] = formatIova(batch.iovaPage[row], batch.iovaOffset[row]);
  const sizeLog2 = batch.pageSizeLog2[row];
  if (sizeLog2 !== 0) cells[Column.page_size] = String(2n ** BigInt(sizeLog2));
}

function writeDma(batch: EventBatch, row: number, cells: string[]): void {
  writeAddress(batch, row, cells);
  const tg = tgOfGranuleLog2(batch.granuleLog2[row]);
  if (tg !== 0) cells[Column.tg] = String(tg);
  const isMsi = (batch.flags[row] & EventFlag.Msi) !== 0 && batch.access[row] === Access.Write;
  cells[Column.access] = isMsi ? MSI : ACCESS_NAMES[batch.access[row]];
  cells[Column.outcome] = OUTCOME_NAMES[batch.outcome[row]];
}

function writeMapping(batch: EventBatch, row: number, cells: string[]): void {
  writeAddress(batch, row, cells);
  if (batch.pageSizeLog2[row] === 0) cells[Column.page_size] = '0';
  cells[Column.num] = String(batch.pages[row]);
}
