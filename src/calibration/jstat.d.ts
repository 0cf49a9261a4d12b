/** The one function of `jstat` that intervals need; the package brings no types of its own. */
declare module 'jstat' {
  const library: {
    jStat: { studentt: { inv(probability: number, degreesOfFreedom: number): number } };
  };
  export default library;
}
