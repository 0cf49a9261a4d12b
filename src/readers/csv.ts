/**
 * The native CSV format: reader, header and writer of single rows. Its columns and their meaning: csv/columns.ts.
 */
export { CSV_HEADER } from './csv/columns.js';
export { csvReader } from './csv/reader.js';
export { eventToCsvRow } from './csv/writer.js';
