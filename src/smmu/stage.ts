/** Which stages translate. `Default` is the parameter `walk.stage`. */
export const enum Stage {
  Default = 0,
  S1 = 1,
  S2 = 2,
  Nested = 3,
}

/** Stages by their name in `walk.stage`. */
export const STAGE_BY_NAME: Readonly<Record<string, Stage>> = { s1: Stage.S1, s2: Stage.S2, nested: Stage.Nested };
