/** The functions of `jstat` that intervals and tests need; the package brings no types of its own. */
declare module 'jstat' {
  const library: {
    jStat: {
      studentt: { inv(probability: number, degreesOfFreedom: number): number };
      centralF: { cdf(value: number, numeratorFreedom: number, denominatorFreedom: number): number };
    };
  };
  export default library;
}
