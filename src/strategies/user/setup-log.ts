import type { TransportSetup } from '../transport.js';

/** A setup that notes what is read from it: whatever reads the same was made with the same. */
export class SetupLog implements TransportSetup {
  private readonly seen = new Map<string, string | number>();

  constructor(private readonly setup: TransportSetup) {}

  /** All that has been read so far, in an order of its own. */
  get key(): string {
    return JSON.stringify([...this.seen].sort());
  }

  /** The options among it. */
  get options(): string {
    return JSON.stringify([...this.seen].filter(([key]) => key.startsWith('option ')).sort());
  }

  readonly option = (key: string): string => this.note(`option ${key}`, this.setup.option(key));
  readonly parameter = (key: string): number => this.note(`parameter ${key}`, this.setup.parameter(key));
  readonly text = (key: string): string => this.note(`text ${key}`, this.setup.text(key));

  private note<T extends string | number>(key: string, value: T): T {
    this.seen.set(key, value);
    return value;
  }
}
