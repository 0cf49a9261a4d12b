/**
 * The programs of one thread on one path. A submission of the shape of the one before gets the program of the one before:
 * it is not compiled again, only counted.
 */
import type { PathBuilder } from './path-builder.js';
import { Program } from './program.js';
import type { Submission } from './submission.js';
import { SubmissionShape } from './submission-shape.js';
import type { PathTally } from './tally.js';
import { TallyLog } from './tally-log.js';

/** What says the verbs of a submission (or a drain): `submit` or `drain` of a transport. */
type Compile = (rows: Submission, path: PathBuilder) => void;

/** Compiles submissions into one program, which the next call overwrites. */
export class Compiler {
  readonly path: PathBuilder;
  private readonly program = new Program();
  private readonly shape = new SubmissionShape();
  private readonly log: TallyLog;

  constructor(
    /** Makes the builder, which counts into the tally it is given. */
    makePath: (tally: PathTally) => PathBuilder,
    tally: PathTally,
    private readonly compile: Compile,
    /** False from some time on, or always: every submission is compiled, because the path looks at more than its shape. */
    private readonly repeats: () => boolean,
  ) {
    this.log = new TallyLog(tally);
    this.path = makePath(this.log);
  }

  /** The program of `rows`, which count as `measured` says. */
  programOf(rows: Submission, measured: boolean): Program {
    const { program, log, path } = this;
    if (this.repeats() && this.shape.isRepeatedBy(rows, measured) && log.isComplete) {
      log.repeat(measured);
      return program;
    }
    log.clear();
    path.begin(program, measured, rows);
    this.compile(rows, path);
    return program;
  }
}
