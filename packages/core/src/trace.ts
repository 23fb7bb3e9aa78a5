/** Control events of a run in words, one line each. Never called per frame. */
export interface Trace {
  event(component: string, what: string): void
}

export const noTrace: Trace = {
  event: () => {
    /* nobody reads this trace */
  },
}
