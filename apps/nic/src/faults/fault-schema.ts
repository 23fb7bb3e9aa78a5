import { object, parseYaml, time } from '@npa/scenario'
import { z } from 'zod'
import { UserError } from '../user-error.js'
import { FAULT_KINDS } from './kinds/index.js'

/** Something to count at a function, and to begin at. */
const COUNTED = ['reads', 'writes', 'interrupts', 'resets'] as const

const seconds = time('1 us', '86400 s')

/** What every fault can be asked: where, for how long, by which seed. */
const common = {
  /** `pf`, `vf0` …, on a card with two ports `port1/pf`; the physical function, or the first virtual one, unless given. */
  function: z
    .string()
    .regex(/^(port[01]\/)?(pf|vf\d{1,2})$/, 'expected a function: pf, vf0, vf1 …, with two ports port0/pf …')
    .optional(),
  /** Until it is cleared unless given. */
  for: seconds.optional(),
  seed: z.int().min(0).max(0xffffffff).optional(),
}

/** When an entry of a schedule begins: one of these, at once unless given. */
const when = {
  at: seconds.optional(),
  between: z
    .tuple([seconds, seconds])
    .refine(([from, to]) => from < to, 'expected the earlier time first')
    .optional(),
  after: object(Object.fromEntries(COUNTED.map((what) => [what, z.int().min(1).optional()]))).optional(),
  /** Begins so often, each time `every` after the last. */
  repeat: z.int().min(1).max(1_000_000).optional(),
  every: seconds.optional(),
}

function request(more: z.core.$ZodLooseShape): z.ZodType<FaultRequest> {
  const kinds = FAULT_KINDS.map(({ name, parameters }) =>
    object({ fault: z.literal(name), ...common, ...more, ...parameters }),
  )
  const names = FAULT_KINDS.map(({ name }) => name).join(', ')
  return z.discriminatedUnion('fault', kinds as unknown as [z.core.$ZodTypeDiscriminable], {
    error: () => `no such fault: there are ${names}`,
  }) as unknown as z.ZodType<FaultRequest>
}

/** A fault that is to begin now. The parameters of its kind stand beside the common ones. */
export interface FaultRequest {
  readonly fault: string
  readonly function?: string
  /** Nanoseconds. */
  readonly for?: number
  readonly seed?: number
}

/** A fault that is to begin at some time: ns after the first client came, an instant drawn between two, or after a function's nth … */
export interface ScheduledFault extends FaultRequest {
  readonly at?: number
  readonly between?: readonly [number, number]
  readonly after?: Readonly<Partial<Record<(typeof COUNTED)[number], number>>>
  readonly repeat?: number
  readonly every?: number
}

const faultRequest: z.ZodType<FaultRequest> = request({})

const scheduleSchema = object({
  version: z.literal(1),
  seed: z.int().min(0).max(0xffffffff).default(1),
  faults: z.array(
    request(when).superRefine((entry: ScheduledFault, context) => {
      const given = (['at', 'between', 'after'] as const).filter((key) => entry[key] !== undefined)
      if (given.length > 1)
        context.addIssue({
          code: 'custom',
          path: [given[1]],
          message: `it begins by ${given[0]} already: only one of at, between, after`,
        })
      if ((entry.repeat === undefined) !== (entry.every === undefined))
        context.addIssue({ code: 'custom', message: 'repeat and every go together' })
    }),
  ),
})

/** Faults and when they begin. */
export interface Schedule {
  readonly seed: number
  readonly faults: readonly ScheduledFault[]
}

/** Throws a `UserError` with file, line and column. */
export function parseSchedule(text: string, file: string): Schedule {
  return parseYaml(
    text,
    file,
    'schedule',
    scheduleSchema as unknown as z.ZodType<Schedule>,
    (message) => new UserError(message),
  )
}

/** A fault as words, `interrupt-lost function=vf0 share=0.5 for=2s`, as the object that schedules have. Throws a `UserError`. */
export function faultOfWords(words: readonly string[], where: string): Record<string, string | number> {
  const [fault = '', ...pairs] = words
  const raw: Record<string, string | number> = { fault }
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at < 1) throw new UserError(`${where}: ${pair}: expected NAME=VALUE`)
    const value = pair.slice(at + 1)
    raw[pair.slice(0, at)] = /^\d+(\.\d+)?$/.test(value) ? Number(value) : value
  }
  return raw
}

/** A fault that came from somewhere. Throws a `UserError` for the first thing that is wrong. */
export function checkFault(raw: unknown, where: string): FaultRequest {
  const parsed = faultRequest.safeParse(raw)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const key = z.core.toDotPath(issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]] : issue.path)
  throw new UserError(`${where}: ${key}: ${issue.message}`)
}
