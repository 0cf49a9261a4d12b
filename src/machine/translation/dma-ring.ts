/**
 * dma events that have been read and have not arrived yet, oldest first, as rows of numbers in one circular array.
 */

/** Columns of a row. */
export const enum DmaColumn {
  TimeNs = 0,
  Sid = 1,
  Ssid = 2,
  Asid = 3,
  Vmid = 4,
  Page = 5,
  PageSizeLog2 = 6,
  GranuleLog2 = 7,
  Stage = 8,
  IsFault = 9,
  Event = 10,
  IsMeasured = 11,
}

const WIDTH = 12;

/** FIFO of dma rows; doubles when full. */
export class DmaRing {
  cells = new Float64Array(WIDTH * 1024);
  private capacity = 1024;
  private first = 0;
  length = 0;

  /** Make a new last row; returns the offset in `cells` at which the caller writes its columns. */
  push(): number {
    if (this.length === this.capacity) this.grow();
    return ((this.first + this.length++) % this.capacity) * WIDTH;
  }

  /** Value of `column` in the oldest row. */
  oldest(column: number): number {
    return this.cells[this.first * WIDTH + column];
  }

  /** Forget the oldest row. */
  shift(): void {
    this.first = (this.first + 1) % this.capacity;
    this.length--;
  }

  private grow(): void {
    const larger = new Float64Array(this.cells.length * 2);
    for (let i = 0; i < this.length; i++) {
      const at = ((this.first + i) % this.capacity) * WIDTH;
      larger.set(this.cells.subarray(at, at + WIDTH), i * WIDTH);
    }
    this.cells = larger;
    this.capacity *= 2;
    this.first = 0;
  }
}
