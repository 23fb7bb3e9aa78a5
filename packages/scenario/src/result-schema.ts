import { z } from 'zod'
import type {
  PayloadResult,
  PhaseResult,
  RealPhaseResult,
  RealResult,
  RunResult,
  SwitchResult,
  Traffic,
  VirtualResult,
} from './result.js'

const count = z.int().nonnegative()
const mode = z.enum(['emulated', 'passthrough'])

const traffic = z.strictObject({ frames: count, bytes: count }) satisfies z.ZodType<Traffic>

const figures = {
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
  goodputMbps: count,
}

const phase = z.strictObject({
  ...figures,
  guestCyclesPerFrame: z.number().nonnegative(),
  hostCyclesPerFrame: z.number().nonnegative(),
}) satisfies z.ZodType<PhaseResult>

const time = z.number().nonnegative()
const roles = z.strictObject({ guest: time, host: time, nic: time })

const realPhase = z.strictObject({
  ...figures,
  wallMs: time,
  cpuMs: roles,
  cpuMsPerGbit: roles,
}) satisfies z.ZodType<RealPhaseResult>

const change = z.strictObject({
  vm: z.string(),
  from: mode,
  to: mode,
  forced: z.boolean(),
  blackoutNs: count,
  framesHeld: count,
  framesDropped: count,
}) satisfies z.ZodType<SwitchResult>

const payload = z.strictObject({
  from: z.string(),
  to: z.string(),
  bytes: count,
  hash: z.int().min(0).max(0xffffffff),
}) satisfies z.ZodType<PayloadResult>

const outcome = {
  version: z.literal(0),
  seed: z.int().min(0).max(0xffffffff),
  switches: z.array(change),
  payloads: z.array(payload),
  drops: z.record(z.string(), count),
  leaks: count,
  verdict: z.enum(['pass', 'fail']),
  findings: z.array(z.string()),
}

const virtual = z.strictObject({
  ...outcome,
  clock: z.literal('virtual'),
  phases: z.array(phase),
}) satisfies z.ZodType<VirtualResult>

const real = z.strictObject({
  ...outcome,
  clock: z.literal('real'),
  phases: z.array(realPhase),
}) satisfies z.ZodType<RealResult>

/** The report of a run as JSON, version 0: `RunResult`, and that a verdict has its reasons. */
export const runResultSchema: z.ZodType<RunResult> = z
  .discriminatedUnion('clock', [virtual, real])
  .refine(({ verdict, findings }) => (verdict === 'fail') === findings.length > 0, {
    path: ['findings'],
    error: 'a verdict fails for a reason, and for no other',
  })
