/** How a text will be seen: width, colour and character set of standard output, or the defaults of a file or pipe. */
import type { ReportContext } from '../reporters/reporter.js';

/** Columns where no terminal tells. */
const DEFAULT_WIDTH = 100;
/** Narrower terminals wrap. */
const LEAST_WIDTH = 60;

/** The parts of a stream that matter here. */
interface MaybeTerminal {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/**
 * Context for a report that goes to `stream`. Only a terminal gets colour (unless NO_COLOR is set) and characters beyond
 * ASCII (if its locale is UTF-8). COLUMNS gives the width where there is no terminal.
 */
export function contextFor(stream: MaybeTerminal, environment: NodeJS.ProcessEnv): ReportContext {
  const isTerminal = stream.isTTY === true && environment.TERM !== 'dumb';
  const columns = (stream.isTTY === true ? stream.columns : undefined) ?? Number(environment.COLUMNS);
  const isKnown = Number.isInteger(columns) && columns > 0;
  return {
    ...(isKnown ? {} : { isUnbounded: true }),
    width: isKnown ? Math.max(LEAST_WIDTH, columns) : DEFAULT_WIDTH,
    colour: isTerminal && !environment.NO_COLOR,
    unicode: isTerminal && /utf-?8/i.test(environment.LC_ALL || environment.LC_CTYPE || environment.LANG || ''),
  };
}
