import path from 'node:path'
import type { Surroundings } from '../console.js'
import { ControlClient } from '../control/control-client.js'
import { eventLine } from '../trace/trace-event.js'
import type { TraceEvent, TraceKind } from '../trace/trace-event.js'

/** What `trace` was told. */
export interface TraceOptions {
  readonly function?: readonly string[]
  readonly kind?: readonly TraceKind[]
  readonly register?: readonly string[]
  readonly pcapng?: string
  readonly json?: boolean
}

/** Prints what passes between a served card and its guest until the user, or the card, ends. Throws a `UserError` for what cannot be. */
export async function traceCommand(folder: string, options: TraceOptions, around: Surroundings): Promise<void> {
  const { console, signal } = around
  const client = await ControlClient.connect(path.resolve(folder))
  const end = (): void => client.close()
  signal.addEventListener('abort', end, { once: true })
  try {
    await client.ask({
      do: 'trace',
      functions: options.function?.slice(),
      kinds: options.kind?.slice(),
      registers: options.register?.slice(),
      pcapng: options.pcapng === undefined ? undefined : path.resolve(options.pcapng),
    })
    for (let line = await client.next(); line !== undefined; line = await client.next()) {
      console.stdout.write(`${options.json === true ? JSON.stringify(line) : eventLine(line as TraceEvent)}\n`)
    }
  } finally {
    signal.removeEventListener('abort', end)
    client.close()
  }
}
