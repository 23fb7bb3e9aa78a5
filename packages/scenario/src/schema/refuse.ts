/** Says that what stands at `path` does not fit the rest of the scenario. */
export type Refuse = (path: (string | number)[], message: string) => void
