import { z } from 'zod'
import type { PhaseResult, RunResult, SwitchResult, Traffic } from './result.js'

const count = z.int().nonnegative()
const mode = z.enum(['emulated', 'passthrough'])

const traffic = z.strictObject({ frames: count, bytes: count }) satisfies z.ZodType<Traffic>

const phase = z.strictObject({
  name: z.string(),
  mode,
  tx: traffic,
  rx: traffic,
  lost: count,
  duplicated: count,
  reordered: count,
  vmExits: count,
  interrupts: count,
  cpuCopies: count,
  dmaBytes: count,
  guestCyclesPerFrame: z.number().nonnegative(),
  hostCyclesPerFrame: z.number().nonnegative(),
  goodputMbps: count,
}) satisfies z.ZodType<PhaseResult>

const change = z.strictObject({
  vm: z.string(),
  from: mode,
  to: mode,
  forced: z.boolean(),
  blackoutNs: count,
  framesHeld: count,
  framesDropped: count,
}) satisfies z.ZodType<SwitchResult>

/** The report of a run as JSON, version 0: `RunResult`, and that a verdict has its reasons. */
export const runResultSchema: z.ZodType<RunResult> = z
  .strictObject({
    version: z.literal(0),
    seed: z.int().min(0).max(0xffffffff),
    clock: z.literal('virtual'),
    phases: z.array(phase),
    switches: z.array(change),
    drops: z.record(z.string(), count),
    leaks: count,
    verdict: z.enum(['pass', 'fail']),
    findings: z.array(z.string()),
  })
  .refine(({ verdict, findings }) => (verdict === 'fail') === findings.length > 0, {
    path: ['findings'],
    error: 'a verdict fails for a reason, and for no other',
  })
