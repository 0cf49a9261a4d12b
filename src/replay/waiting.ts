/** What a thread waits for (thread.ts). */
export const enum Waiting {
  Nothing = 0,
  Lock = 1,
  Room = 2,
  Sync = 3,
  Worker = 4,
  Reservation = 5,
  Gather = 6,
  Stop = 7,
}
