/**
 * The columns of an Arrow trace as the writer makes them, and what their dictionaries hold.
 *
 * They are the CSV columns with the narrowest type that holds every value, null = absent. The fields of a command
 * (`asid`, `iova` …) are null on cmd rows: its words are the truth, and an analysis takes them apart with shifts.
 */
import type { DataType, Schema } from 'apache-arrow';
import { Access, EVENT_NAMES, OUTCOME_NAMES } from '../../trace/events.js';
import { opcodeName } from '../../trace/opcodes.js';
import type { ColumnName } from '../rows/columns.js';
import { ALL_FLAGS, flagsText } from '../rows/flags.js';

/** How a native column is stored: a fixed-width integer, or codes of one byte with a dictionary of names. */
export type NativeType = 'int64' | 'uint64' | 'int32' | 'uint32' | 'uint16' | 'uint8' | 'dictionary';

/** Native columns in the order in which they are written. */
export const NATIVE_COLUMNS = [
  { name: 'time_ns', type: 'int64' },
  { name: 'event', type: 'dictionary' },
  { name: 'vcpu', type: 'int32' },
  { name: 'queue', type: 'int32' },
  { name: 'opcode', type: 'dictionary' },
  { name: 'cmd0', type: 'uint64' },
  { name: 'cmd1', type: 'uint64' },
  { name: 'sid', type: 'uint32' },
  { name: 'ssid', type: 'uint32' },
  { name: 'asid', type: 'uint16' },
  { name: 'vmid', type: 'uint16' },
  { name: 'iova', type: 'uint64' },
  { name: 'num', type: 'uint64' },
  { name: 'tg', type: 'uint8' },
  { name: 'access', type: 'dictionary' },
  { name: 'page_size', type: 'uint64' },
  { name: 'outcome', type: 'dictionary' },
  { name: 'flags', type: 'dictionary' },
] as const satisfies readonly { name: ColumnName; type: NativeType }[];
export type NativeName = (typeof NATIVE_COLUMNS)[number]['name'];

/** The line of the source that an event came from: for people, ignored on reading like every `x_…` column. */
export const LINE_COLUMN = 'x_line';

const codes = (count: number): number[] => Array.from({ length: count }, (_, code) => code);
const ACCESS_WORDS: string[] = [];
ACCESS_WORDS[Access.Unknown] = '';
ACCESS_WORDS[Access.Read] = 'r';
ACCESS_WORDS[Access.Write] = 'w';
ACCESS_WORDS[Access.ReadWrite] = 'rw';

/** Names by code; a written index is the code itself. Flags: one name per set of bits. */
export const DICTIONARIES: Readonly<Record<string, readonly string[]>> = {
  event: EVENT_NAMES,
  opcode: codes(256).map((code) => opcodeName(code) ?? `0x${code.toString(16).padStart(2, '0')}`),
  access: ACCESS_WORDS,
  outcome: OUTCOME_NAMES,
  flags: codes(ALL_FLAGS + 1).map(flagsText),
};

/** Keys of the schema's metadata: what the recording as a whole says about itself. */
export const METADATA = { timeBase: 'smmuscope.time_base', version: 'smmuscope.producer_version' } as const;

/** Name of an Arrow type in the words of `NativeType`, other types in Arrow's own. */
function typeName(type: DataType): string {
  const { bitWidth, isSigned, indices } = type as { bitWidth?: number; isSigned?: boolean; indices?: DataType };
  if (indices !== undefined) return (indices as { bitWidth?: number }).bitWidth === 8 ? 'dictionary' : String(type);
  return bitWidth === undefined || isSigned === undefined ? String(type) : `${isSigned ? 'int' : 'uint'}${bitWidth}`;
}

/** True if every column that is not `x_…` is native, so that batches can be taken straight from columns. */
export function isNative(schema: Schema): boolean {
  return schema.fields.every(({ name, type }) => {
    if (name.startsWith('x_')) return true;
    return NATIVE_COLUMNS.some((column) => column.name === name && column.type === typeName(type));
  });
}
