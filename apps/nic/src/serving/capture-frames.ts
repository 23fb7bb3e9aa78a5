import type { ServedNic } from '../card/served-nic.js'
import type { Tracer } from '../trace/tracer.js'
import { Direction } from '@npa/wire'
import { CaptureFile } from '../wire/capture-file.js'

/**
 * Writes both sides of the card's switch into a pcapng file: an interface for every function, with the frames that its driver handed over and got,
 * and one for every cable. Throws a `UserError` when the file cannot be written. Returns how to stop.
 */
export function captureFrames(name: string, nic: ServedNic, tracer: Tracer): () => void {
  const file = new CaptureFile('--pcapng', name, nic.scheduler)
  const ids = new Map(nic.snapshot().functions.map((fn) => [fn.name, file.writer.addInterface(fn.name)]))
  const stop = [
    tracer.takeFrames((who, out, frame) => {
      const direction = out ? Direction.outbound : Direction.inbound
      const id = ids.get(who)
      if (id !== undefined) file.writer.packet(id, file.nowNs(), direction, frame, 0, frame.length)
    }),
  ]
  for (const [n, cable] of nic.cables.entries()) {
    const id = file.writer.addInterface(nic.cables.length === 1 ? 'wire' : `wire${n}`)
    stop.push(
      cable.tap((direction, u8, at, length, vlan) =>
        file.writer.packet(id, file.nowNs(), direction, u8, at, length, vlan),
      ),
    )
  }
  return () => {
    for (const each of stop) each()
    file.close()
  }
}
