/**
 * A row that cannot be read. The reader adds file and line, or skips and counts the row when it is lenient.
 */
export class RowError extends Error {
  /**
   * @param expected what a correct row has here
   * @param found what is there
   */
  constructor(
    readonly expected: string,
    readonly found: string,
  ) {
    super(`expected ${expected}, found ${found}`);
  }
}

/** A row with which another recording begins: neither it nor what follows can be read. */
export class RestartError extends RowError {}
