import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { reason, UserError } from '../user-error.js'
import { modelNames } from './models.js'

const FILE = 'nic.json'

const descriptionSchema = z.object({
  version: z.literal(1),
  pid: z.int(),
  model: z.enum(modelNames),
  vfs: z.int(),
  ports: z.int(),
  /** The file that is to be the guest's memory; null: the guest sends its descriptor. */
  memory: z.string().nullable(),
  /** Words of QEMU's command line that plug the functions in. */
  qemu: z.array(z.string()),
  /** Virtual functions that guests of their own have, by name, and the same of these guests. */
  handed: z.array(z.object({ function: z.string(), memory: z.string().nullable(), qemu: z.array(z.string()) })),
  /** The address of our stack at the far end of each port, where there is one. */
  peers: z.array(z.string().nullable()),
})

/** What a served card says of itself, in its folder, to the other commands. */
export type Description = z.infer<typeof descriptionSchema>

export function writeDescription(folder: string, description: Description): void {
  fs.writeFileSync(path.join(folder, FILE), `${JSON.stringify(description, undefined, 2)}\n`)
}

export function removeDescription(folder: string): void {
  fs.rmSync(path.join(folder, FILE), { force: true })
}

/** Throws a `UserError` when no card is served there. */
export function readDescription(folder: string): Description {
  const file = path.join(folder, FILE)
  let text: string
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch (error) {
    throw new UserError(
      `${folder}: no card is served here (${FILE}: ${reason(error)}): start one with npa-nic serve --sockets ${folder}`,
    )
  }
  const parsed = descriptionSchema.safeParse(json(text))
  if (!parsed.success) throw new UserError(`${file}: not written by this version of npa-nic serve: start it again`)
  return parsed.data
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
