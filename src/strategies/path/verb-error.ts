/** A verb of a path was said wrongly: a defect of the strategy, built in or a user's own. One sentence without a full stop. */
export class VerbError extends Error {
  override readonly name = 'VerbError';
}
