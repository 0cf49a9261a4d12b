/**
 * The four 32-bit parts of a command from a `cmd` row: from its raw words, or from its opcode and fields.
 */
import { CFGI_RANGE_ALL, extractField, insertField } from '../../trace/command.js';
import { type FieldName, type FieldSpec, fieldsOf } from '../../trace/command-fields.js';
import { suggestion } from '../../trace/errors.js';
import { isConfigAllAlias, OPCODE_NAMES, Opcode, opcodeByName, opcodeKey } from '../../trace/opcodes.js';
import { formatIova, pageOf } from '../../trace/units.js';
import { Column, type ColumnName, CSV_HEADER } from './columns.js';
import { RowError } from './row-error.js';
import { highHalf, integerOf, lowHalf, quoted, readAddress, readWord } from './values.js';

/** Command fields that a column stands for; the opcode decides which of them it has. */
const FIELDS_OF_COLUMN: Readonly<Partial<Record<ColumnName, readonly FieldName[]>>> = {
  sid: ['SID'],
  ssid: ['SSID'],
  asid: ['ASID'],
  vmid: ['VMID'],
  iova: ['ADDR'],
  num: ['NUM'],
  scale: ['SCALE'],
  tg: ['TG'],
  ttl: ['TTL'],
  leaf: ['LEAF'],
  size_log2: ['SIZE', 'RANGE'],
};
const FIELD_COLUMNS = Object.keys(FIELDS_OF_COLUMN) as ColumnName[];
const FIELD_COLUMN_SET = FIELD_COLUMNS.reduce((set, name) => set | (1 << Column[name]), 0);
const MAX_OPCODE = 255;

/** Fields of one opcode by column number; `ssv` is set along with SSID. */
interface OpcodeColumns {
  readonly byColumn: readonly (FieldSpec | undefined)[];
  readonly ssv: FieldSpec | undefined;
}

const COLUMNS_OF_OPCODE: (OpcodeColumns | undefined)[] = new Array(MAX_OPCODE + 1).fill(undefined);

/** Columns that have a field in the command `opcode`, indexed by column number. */
export function opcodeColumns(opcode: number): OpcodeColumns {
  const known = COLUMNS_OF_OPCODE[opcode];
  if (known !== undefined) return known;
  const fields = fieldsOf(opcode);
  const byColumn = CSV_HEADER.map((name) => fields.find((field) => FIELDS_OF_COLUMN[name]?.includes(field.name)));
  const built = { byColumn, ssv: fields.find((field) => field.name === 'SSV') };
  COLUMNS_OF_OPCODE[opcode] = built;
  return built;
}

/**
 * Parts `[dw0 low, dw0 high, dw1 low, dw1 high]` of the row's command, in an array that the next call reuses.
 * @param cells the row's cell of each column number, '' if absent
 * @param present columns that are not empty
 * @throws RowError for an unknown opcode, a field that the opcode lacks or that does not fit, or a contradiction
 */
export function commandParts(cells: readonly string[], present: number): readonly number[] {
  const opcodeText = cells[Column.opcode];
  const opcode = opcodeText === '' ? -1 : opcodeOf(opcodeText);
  const hasWord0 = cells[Column.cmd0] !== '';
  if (hasWord0) {
    readWords(cells, opcode);
  } else {
    if (cells[Column.cmd1] !== '') throw new RowError('cmd0 together with cmd1', 'cmd1 alone');
    if (opcode < 0) throw new RowError('an opcode or cmd0 and cmd1 on a cmd row', 'neither');
    parts.fill(0);
    parts[0] = opcode;
  }
  const isAll = opcodeText !== '' && isConfigAllAlias(opcodeText);
  if (isAll) applyField(RANGE, CFGI_RANGE_ALL, 'opcode', opcodeText, hasWord0);
  if ((present & FIELD_COLUMN_SET) === 0) return parts;
  const { byColumn, ssv } = opcodeColumns(parts[0] & 0xff);
  for (const name of FIELD_COLUMNS) {
    const column = Column[name];
    if ((present & (1 << column)) === 0) continue;
    const text = cells[column];
    const field = byColumn[column];
    if (field === undefined) {
      throw new RowError(`no ${name} on ${opcodeKey(parts[0] & 0xff)}, which has no such field`, quoted(text));
    }
    const value = name === 'iova' ? addressField(text, field) : integerOf(text, name, 2 ** field.bits - 1);
    applyField(field, value, name, text, hasWord0 || (isAll && field.name === 'RANGE'));
    if (name === 'ssid' && ssv !== undefined) applyField(ssv, 1, name, text, hasWord0);
  }
  return parts;
}

const parts: number[] = [0, 0, 0, 0];
const RANGE = fieldsOf(Opcode.CFGI_STE_RANGE).find((field) => field.name === 'RANGE') as FieldSpec;

/** Opcode number of a name or number. A number that the architecture does not define is a guest's illegal command. */
function opcodeOf(text: string): number {
  const named = opcodeByName(text);
  if (named !== undefined) return named;
  if (/^[0-9]/.test(text)) return integerOf(text, 'opcode', MAX_OPCODE);
  throw new RowError('a known opcode name or a number', `${quoted(text)}${suggestion(text, OPCODE_NAMES)}`);
}

function readWords(cells: readonly string[], opcode: number): void {
  readWord(cells[Column.cmd0], 'cmd0');
  parts[0] = lowHalf;
  parts[1] = highHalf;
  parts[2] = 0;
  parts[3] = 0;
  if (cells[Column.cmd1] !== '') {
    readWord(cells[Column.cmd1], 'cmd1');
    parts[2] = lowHalf;
    parts[3] = highHalf;
  }
  if (opcode < 0 || opcode === (parts[0] & 0xff)) return;
  throw contradiction('opcode', opcodeKey(parts[0] & 0xff), cells[Column.opcode]);
}

/** 4 KiB page number for the ADDR field of a command. */
function addressField(text: string, field: FieldSpec): number {
  readAddress(text);
  if ((lowHalf & 0xfff) !== 0) {
    throw new RowError('iova of a command as a multiple of 4096 (ADDR has no lower bits)', quoted(text));
  }
  const page = pageOf(highHalf, lowHalf);
  if (page < 2 ** field.bits) return page;
  throw new RowError(`iova below 2^${field.bits + 12} (ADDR of this command has no higher bits)`, quoted(text));
}

/** Set a field, or compare it with what is set already. */
function applyField(field: FieldSpec, value: number, column: ColumnName, text: string, isSet: boolean): void {
  const at = field.word * 2;
  if (!isSet) {
    insertField(parts, at, field.low, value);
    return;
  }
  const set = extractField(parts[at], parts[at + 1], field.low, field.bits);
  if (set === value) return;
  throw contradiction(column, column === 'iova' ? formatIova(set) : `${field.name}=${set}`, text);
}

function contradiction(column: ColumnName, inWords: string, text: string): RowError {
  return new RowError(`${column} to agree with the command's words, which say ${inWords}`, quoted(text));
}
