/** `--sort -NAME`, whose value oclif would take for a flag. */

/** `argv` with `-NAME` behind `--sort` as `NAME:desc`. */
export function withSortSpelledOut(argv: readonly string[]): string[] {
  const spelled = (name: string) => name.replace(/^-([^-].*)$/, '$1:desc');
  return argv.map((argument, at) => {
    if (argv[at - 1] === '--sort') return spelled(argument);
    return argument.startsWith('--sort=') ? `--sort=${spelled(argument.slice('--sort='.length))}` : argument;
  });
}
