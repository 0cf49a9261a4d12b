/** Work that a signal may end. */

/** Work ended because its `signal` was aborted, whose reason is the cause; named as Node names it. */
export class AbortError extends Error {
  override readonly name = 'AbortError';
  readonly code = 'ABORT_ERR';
}

/**
 * What `work` comes to.
 * @throws AbortError if `signal` is aborted, before or meanwhile
 */
export async function abortable<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const isAborted = () => signal?.aborted === true;
  const aborted = () => new AbortError('the work was aborted', { cause: signal?.reason });
  if (isAborted()) throw aborted();
  try {
    return await work();
  } catch (error) {
    throw isAborted() ? aborted() : error;
  }
}
