import type { PciFunction } from '@npa/pci'
import type { ClientChannel } from './client-channel.js'
import type { FunctionRegions } from './function-regions.js'
import type { GuestMemory } from './guest-memory.js'
import type { Interrupts } from './interrupts.js'
import type { Descriptors } from './platform.js'
import {
  Command,
  DeviceInfo,
  DmaMap,
  DmaUnmap,
  Errno,
  Header,
  Irq,
  IrqInfo,
  MAX_DESCRIPTORS,
  MAX_TRANSFER,
  MessageFlag,
  putU64,
  Region,
  RegionAccess,
  RegionInfo,
  SetIrqs,
  u64,
} from './protocol.js'
import type { ErrnoValue } from './protocol.js'

/** What a session serves. */
export interface SessionParts {
  readonly fn: PciFunction
  readonly regions: FunctionRegions
  readonly memory: GuestMemory
  readonly interrupts: Interrupts
  readonly channel: ClientChannel
  /** Those of the message being executed. */
  readonly descriptors: Descriptors
  /** Told in words what the client does, for people; never once per access. */
  readonly log: (what: string) => void
}

/** What a command is answered with: a payload, or an errno. */
type Outcome = Buffer | ErrnoValue

const NOTHING: Buffer = Buffer.alloc(0)

/** One client's commands, executed and answered one by one. Nothing here waits, and nothing that the client sends throws. */
export class Session {
  readonly #parts: SessionParts
  readonly #regions: FunctionRegions
  readonly #interrupts: Interrupts
  #negotiated = false

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.#regions = parts.regions
    this.#interrupts = parts.interrupts
  }

  /** Takes one whole message of `size` bytes at `at`, and closes what it leaves of the descriptors that came with it. */
  message(bytes: Buffer, at: number, size: number): void {
    this.#message(bytes, at, size)
    this.#parts.descriptors.discard()
  }

  #message(bytes: Buffer, at: number, size: number): void {
    const { channel } = this.#parts
    const id = bytes.readUInt16LE(at + Header.id)
    const command = bytes.readUInt16LE(at + Header.command)
    const flags = bytes.readUInt32LE(at + Header.flags)
    const payload = bytes.subarray(at + Header.bytes, at + size)
    const type = flags & MessageFlag.typeMask
    if (type === MessageFlag.reply) {
      channel.answered(id, flags, payload)
      return
    }
    channel.hold()
    const outcome = type === MessageFlag.command ? this.#execute(command, payload) : Errno.invalid
    if ((flags & MessageFlag.noReply) === 0) {
      if (typeof outcome === 'number') channel.replyError(id, command, outcome)
      else channel.reply(id, command, outcome)
    }
    channel.release()
  }

  #execute(command: number, payload: Buffer): Outcome {
    if (command === Command.version) return this.#version(payload)
    if (!this.#negotiated) return Errno.invalid
    switch (command) {
      case Command.dmaMap:
        return this.#dmaMap(payload)
      case Command.dmaUnmap:
        return this.#dmaUnmap(payload)
      case Command.deviceGetInfo:
        return deviceInfo(payload)
      case Command.deviceGetRegionInfo:
        return this.#regionInfo(payload)
      case Command.deviceGetIrqInfo:
        return this.#irqInfo(payload)
      case Command.deviceSetIrqs:
        return this.#setIrqs(payload)
      case Command.regionRead:
        return this.#regionRead(payload)
      case Command.regionWrite:
        return this.#regionWrite(payload)
      case Command.deviceReset:
        this.#parts.log('reset')
        this.#interrupts.reset()
        this.#parts.fn.reset('function')
        return NOTHING
      default:
        return Errno.notSupported
    }
  }

  /** VERSION: major u16, minor u16, then JSON. Version 0 is the only major one there is. */
  #version(payload: Buffer): Outcome {
    if (this.#negotiated || payload.length < 4 || payload.readUInt16LE(0) !== 0) return Errno.invalid
    if (payload.length > 4 && !isJson(payload.subarray(4))) return Errno.invalid
    this.#negotiated = true
    this.#parts.log('attached')
    const capabilities = {
      max_msg_fds: MAX_DESCRIPTORS,
      max_data_xfer_size: MAX_TRANSFER,
      pgsizes: 4096,
      max_dma_maps: this.#parts.memory.mostMappings,
      write_multiple: false,
    }
    const json = Buffer.from(`${JSON.stringify({ capabilities })}\0`)
    return Buffer.concat([Buffer.alloc(4), json])
  }

  #dmaMap(payload: Buffer): Outcome {
    if (payload.length !== DmaMap.bytes) return Errno.invalid
    const flags = payload.readUInt32LE(DmaMap.flags)
    const offset = u64(payload, DmaMap.offset)
    const address = u64(payload, DmaMap.address)
    const bytes = u64(payload, DmaMap.size)
    const readable = (flags & DmaMap.readable) !== 0
    const writable = (flags & DmaMap.writable) !== 0
    const { memory, descriptors } = this.#parts
    if (descriptors.lost) return Errno.invalid
    const why = memory.map(address, bytes, offset, readable, writable, descriptors)
    this.#parts.log(`map ${hex(address)} of ${hex(bytes)} bytes at ${hex(offset)} of the file: ${why}`)
    return why === 0 ? NOTHING : why
  }

  #dmaUnmap(payload: Buffer): Outcome {
    if (payload.length < DmaUnmap.bytes) return Errno.invalid
    const flags = payload.readUInt32LE(DmaUnmap.flags)
    if ((flags & ~DmaUnmap.all) !== 0) return Errno.notSupported
    const { memory } = this.#parts
    const all = flags === DmaUnmap.all
    const address = u64(payload, DmaUnmap.address)
    const bytes = u64(payload, DmaUnmap.size)
    const why = all ? memory.unmapAll() : memory.unmap(address, bytes)
    this.#parts.log(all ? 'unmap all' : `unmap ${hex(address)} of ${hex(bytes)} bytes: ${why}`)
    return why === 0 ? Buffer.from(payload.subarray(0, DmaUnmap.bytes)) : why
  }

  #regionInfo(payload: Buffer): Outcome {
    if (payload.length < RegionInfo.bytes) return Errno.invalid
    const index = payload.readUInt32LE(RegionInfo.index)
    if (index >= Region.count) return Errno.invalid
    const info = Buffer.alloc(RegionInfo.bytes)
    const bytes = this.#regions.sizes[index]
    info.writeUInt32LE(RegionInfo.bytes, 0)
    info.writeUInt32LE(bytes === 0 ? 0 : RegionInfo.readWrite, RegionInfo.flags)
    info.writeUInt32LE(index, RegionInfo.index)
    putU64(info, RegionInfo.size, bytes)
    return info
  }

  #irqInfo(payload: Buffer): Outcome {
    if (payload.length < IrqInfo.bytes) return Errno.invalid
    const index = payload.readUInt32LE(IrqInfo.index)
    if (index >= Irq.count) return Errno.invalid
    const info = Buffer.alloc(IrqInfo.bytes)
    info.writeUInt32LE(IrqInfo.bytes, 0)
    info.writeUInt32LE(IrqInfo.eventfd | IrqInfo.noResize, IrqInfo.flags)
    info.writeUInt32LE(index, IrqInfo.index)
    info.writeUInt32LE(index === Irq.msix ? this.#interrupts.vectors : 0, IrqInfo.count)
    return info
  }

  #setIrqs(payload: Buffer): Outcome {
    if (payload.length < SetIrqs.bytes) return Errno.invalid
    const flags = payload.readUInt32LE(SetIrqs.flags)
    const index = payload.readUInt32LE(SetIrqs.index)
    const start = payload.readUInt32LE(SetIrqs.start)
    const count = payload.readUInt32LE(SetIrqs.count)
    const kind = flags & SetIrqs.dataMask
    const vectors = index === Irq.msix ? this.#interrupts.vectors : 0
    if (index >= Irq.count || start + count > vectors || !oneBit(kind) || !oneBit(flags & SetIrqs.actionMask))
      return Errno.invalid
    if (payload.length !== SetIrqs.bytes + (kind === SetIrqs.dataBool ? count : 0)) return Errno.invalid
    if (index !== Irq.msix) return NOTHING
    // Vectors are masked in their table, nowhere else.
    if ((flags & SetIrqs.actionTrigger) === 0 || this.#parts.descriptors.lost) return Errno.invalid
    const data = payload.subarray(SetIrqs.bytes)
    const why = this.#interrupts.set({ start, count, kind, data }, this.#parts.descriptors)
    this.#parts.log(`interrupts ${start} to ${start + count - 1}, flags ${hex(flags)}: ${why}`)
    return why === 0 ? NOTHING : why
  }

  #regionRead(payload: Buffer): Outcome {
    if (payload.length !== RegionAccess.bytes) return Errno.invalid
    const offset = u64(payload, RegionAccess.offset)
    const region = payload.readUInt32LE(RegionAccess.region)
    const count = payload.readUInt32LE(RegionAccess.count)
    if (!this.#regions.legal(region, offset, count)) return Errno.invalid
    const answer = Buffer.allocUnsafe(RegionAccess.bytes + count)
    payload.copy(answer)
    this.#regions.read(region, offset, count, answer, RegionAccess.bytes)
    return answer
  }

  #regionWrite(payload: Buffer): Outcome {
    if (payload.length < RegionAccess.bytes) return Errno.invalid
    const offset = u64(payload, RegionAccess.offset)
    const region = payload.readUInt32LE(RegionAccess.region)
    const count = payload.readUInt32LE(RegionAccess.count)
    if (payload.length !== RegionAccess.bytes + count || !this.#regions.legal(region, offset, count))
      return Errno.invalid
    this.#regions.write(region, offset, count, payload, RegionAccess.bytes)
    if (region === Region.config) this.#interrupts.update()
    return Buffer.from(payload.subarray(0, RegionAccess.bytes))
  }
}

function deviceInfo(payload: Buffer): Outcome {
  if (payload.length < DeviceInfo.bytes) return Errno.invalid
  const info = Buffer.alloc(DeviceInfo.bytes)
  info.writeUInt32LE(DeviceInfo.bytes, 0)
  info.writeUInt32LE(DeviceInfo.resettable | DeviceInfo.pci, DeviceInfo.flags)
  info.writeUInt32LE(Region.count, DeviceInfo.regions)
  info.writeUInt32LE(Irq.count, DeviceInfo.irqs)
  return info
}

/** Whether the bytes are JSON, a NUL at their end allowed. */
function isJson(bytes: Buffer): boolean {
  const text = bytes.toString('utf8').replace(/\0$/, '')
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function oneBit(bits: number): boolean {
  return bits !== 0 && (bits & (bits - 1)) === 0
}

function hex(value: number): string {
  return value < 0 ? 'beyond 2^53' : `0x${value.toString(16)}`
}
