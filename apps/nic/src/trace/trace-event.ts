/** What an event is about. */
export const TRACE_KINDS = ['read', 'write', 'mailbox', 'descriptor', 'interrupt', 'reset', 'fault', 'event'] as const

export type TraceKind = (typeof TRACE_KINDS)[number]

/** Something that happened between a function and its guest. */
export interface TraceEvent {
  /** Since the start of the program, ns. */
  readonly ns: number
  /** The function: `pf`, `vf0` …; `wire` for the cable. */
  readonly who: string
  readonly kind: TraceKind
  /** The register, for reads and writes. */
  readonly register?: string
  readonly text: string
}

/** What of all events is wanted; what is left out does not matter. */
export interface TraceFilter {
  readonly functions?: readonly string[] | undefined
  readonly kinds?: readonly TraceKind[] | undefined
  /** Of registers, with `*` for anything; `RDT` is `RDT(0)`, `RDT(1)` … too. Other kinds of events have none, and pass. */
  readonly registers?: readonly string[] | undefined
}

/** Whether a filter lets an event through. */
export function passes({ functions, kinds, registers }: TraceFilter): (event: TraceEvent) => boolean {
  const patterns = registers?.map((pattern) => {
    const source = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
    return new RegExp(`^${source}(\\(\\d+\\))?$`, 'i')
  })
  return (event) =>
    (functions === undefined || functions.includes(event.who)) &&
    (kinds === undefined || kinds.includes(event.kind)) &&
    (patterns === undefined || event.register === undefined || patterns.some((one) => one.test(event.register ?? '')))
}

/** An event as a line. */
export function eventLine({ ns, who, kind, text }: TraceEvent): string {
  return `${(ns / 1e9).toFixed(6).padStart(12)} ${who.padEnd(4)} ${kind.padEnd(10)} ${text}`
}
