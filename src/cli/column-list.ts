/** `--columns help`, which needs no trace: the columns that tables of results and studies have. */

/** Print the list if `argv` asks for it; true if it did. */
export async function listsColumns(argv: readonly string[]): Promise<boolean> {
  const isAsked = argv.some(
    (argument, at) => argument === '--columns=help' || (argument === '--columns' && argv[at + 1] === 'help'),
  );
  if (!isAsked) return false;
  const { columnList } = await import('../reporters/table/column-list.js');
  const { contextFor } = await import('./terminal.js');
  const { printLines } = await import('./messages.js');
  printLines(columnList(contextFor(process.stdout, process.env)).trimEnd().split('\n'));
  return true;
}
