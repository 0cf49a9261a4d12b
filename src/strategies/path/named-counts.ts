/**
 * How often each of a few names came: causes of exits, findings about a path. They come once per command and are always the
 * same constants, so that a list looked through from its beginning beats a map.
 */
export class NamedCounts {
  private readonly names: string[] = [];
  private readonly counts: number[] = [];

  /** `name` came once more. */
  add(name: string): void {
    const { names, counts } = this;
    let at = 0;
    while (at < names.length && names[at] !== name) at++;
    if (at < names.length) {
      counts[at]++;
      return;
    }
    names.push(name);
    counts.push(1);
  }

  /** All of them as they were first met. */
  entries(): [name: string, count: number][] {
    return this.names.map((name, at) => [name, this.counts[at]]);
  }
}
