/** What became of a line of a known event. */
export const enum LineResult {
  /** It told something of an event. */
  Event = 0,
  /** It is valid but of no use. */
  Context = 1,
  /** A command whose name the architecture does not define. */
  UnknownCommand = 2,
}
