import { z } from 'zod'
import { TRACE_KINDS } from '../trace/trace-event.js'

/** Socket of a served card, in its folder. */
export const CONTROL_SOCKET = 'control'
/** Longest line of a request; what is longer is no request. */
export const MOST_LINE = 65536

/** What can be asked of a served card: a JSON object a line, answered by one. */
export const requestSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('status') }),
  /** `fault` has a fault as `npa-nic ctl` and schedules write it; it is checked by its own schema. */
  z.strictObject({ do: z.literal('fault'), fault: z.unknown() }),
  z.strictObject({ do: z.literal('clear'), id: z.int().optional() }),
  z.strictObject({ do: z.literal('link'), port: z.int().min(0).max(1).default(0), up: z.boolean() }),
  /** From here on the connection carries events, a JSON object a line. */
  z.strictObject({
    do: z.literal('trace'),
    functions: z.array(z.string()).optional(),
    kinds: z.array(z.enum(TRACE_KINDS)).optional(),
    registers: z.array(z.string()).optional(),
    /** Frames at every function and on the cable go into this file of the server's machine while the connection lasts. */
    pcapng: z.string().optional(),
  }),
  z.strictObject({ do: z.literal('stop') }),
])

export type Request = z.output<typeof requestSchema>

/** The answer to a request. */
export const answerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), result: z.unknown().optional() }),
  z.object({ ok: z.literal(false), error: z.string() }),
])

export type Answer = z.input<typeof answerSchema>
