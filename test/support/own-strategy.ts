/** Texts of a user's strategies, for tests of what is done with them. */

/** What makes a strategy of a test its own. */
export interface OwnStrategy {
  readonly name?: string;
  /** Statements before the default export. */
  readonly before?: string;
  /** Statements of `create`. */
  readonly perInstance?: string;
  /** Statements at the end of `submit`, behind a sound path. */
  readonly perSubmission?: string;
}

/** A module with a sound strategy but for what is given: one exit and the host's blocks per submission. */
export function ownStrategy({ name = 'own', before = '', perInstance = '', perSubmission = '' }: OwnStrategy): string {
  return `${before}
export default ({ Cost, noWorker, forwardNested, issueInBlocks }) => ({
  name: '${name}', summary: 'a strategy', defaultAtc: 'vsid', walkStage: 'nested',
  options: [{ key: 'size', help: 'a number', default: '1' }],
  create(setup) {
    ${perInstance}
    return {
      ...noWorker,
      queueCount: 1,
      forward: forwardNested,
      submit(submission, path) {
        path.trapToVmm();
        for (let row = 0; row < submission.guestCount; row++) if (submission.hostCount[row] === 0) path.effect(row);
        if (submission.hostCountTotal > 0) issueInBlocks(path, 0, submission.hostCountTotal);
        path.returnToGuest();
        ${perSubmission}
      },
    };
  },
});
`;
}

/** A statement that pays \`count\` exits more. */
export const exits = (count: string): string =>
  `for (let i = 0; i < ${count}; i++) { path.trapToVmm(); path.returnToGuest(); }`;

/** Pays 50 exits more, spread over the first 12 submissions of an instance. */
export const WARMING_UP: OwnStrategy = {
  perInstance: 'let done = 0;',
  perSubmission: `if (done < 12) ${exits('(done < 2 ? 5 : 4)')} done++;`,
};
