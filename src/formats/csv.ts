/**
 * The native CSV format: reader, header and writer of single rows. Its columns and their meaning: csv/columns.ts.
 */

export { csvReader } from './csv/reader.js';
export { CSV_HEADER } from './rows/columns.js';
export { eventToCsvRow } from './rows/event-to-row.js';
