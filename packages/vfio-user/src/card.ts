import path from 'node:path'
import { Extended, findExtended, SriovCap } from '@npa/pci'
import type { PciFunction } from '@npa/pci'
import { barRegisters } from './bar-layout.js'
import { GuestMemory } from './guest-memory.js'
import { qemuArguments } from './qemu-arguments.js'
import type { PluggedFunction } from './qemu-arguments.js'
import { serveFunction } from './serve.js'
import type { FunctionServer, ServeOptions } from './serve.js'
import { VfPlacement } from './vf-placement.js'
import { VirtualSlot } from './virtual-slot.js'

/** 00:02.0 */
const PF_RID = 0x10
/** Where a q35 has the configuration spaces of all functions. */
const ECAM = 0xb0000000
/** A q35's own functions begin there: 00:1f.0. */
const FIRST_TAKEN = 0xf8

/** What to serve, where. */
export interface CardOptions extends Pick<ServeOptions, 'memory' | 'arena' | 'scheduler'> {
  /** The sockets `pf`, `vf0`, `vf1` … are made in it. */
  readonly folder: string
  /** A physical function with SR-IOV that can reset itself; nobody else has plugged it in. */
  readonly pf: PciFunction
  /** The physical function's device number << 3 | function number, on bus 0; 00:02.0 unless given. */
  readonly rid?: number
  /** Where the guest's machine has its configuration spaces; a q35's place unless given. */
  readonly ecam?: number
  /** Told in words what happens, and to which function, named as its socket. */
  readonly log?: (which: string, what: string) => void
}

/** A card on its sockets: the physical function, and the places of its virtual ones. */
export class CardServer {
  readonly pf: FunctionServer
  readonly vfs: readonly FunctionServer[]
  /** The functions for QEMU's command line. */
  readonly qemuArguments: readonly string[]
  readonly #slots: readonly VirtualSlot[]

  constructor(
    pf: FunctionServer,
    vfs: readonly FunctionServer[],
    slots: readonly VirtualSlot[],
    functions: readonly PluggedFunction[],
  ) {
    this.pf = pf
    this.vfs = vfs
    this.#slots = slots
    this.qemuArguments = qemuArguments(functions)
  }

  /** Virtual functions that exist now. */
  get enabled(): number {
    return this.#slots.filter(({ exists }) => exists).length
  }

  /** Drops all clients and sockets. */
  async close(): Promise<void> {
    await Promise.all([this.pf, ...this.vfs].map((server) => server.close()))
  }
}

/**
 * Serves a card with SR-IOV: a socket for the physical function and one for each virtual function that there can be. The virtual ones appear
 * to the guest when its driver enables them, and disappear when it disables them or resets the physical one, which is reset here too.
 * Throws a `RangeError` when the function has no SR-IOV, or more virtual functions than there is room for on bus 0.
 */
export async function serveCard(options: CardOptions): Promise<CardServer> {
  const { folder, pf, rid = PF_RID, ecam = ECAM, log, ...common } = options
  const sriovAt = findExtended(pf, Extended.sriov)
  if (sriovAt === 0) throw new RangeError('the function has no SR-IOV capability')
  const first = rid + pf.configRead(sriovAt + SriovCap.firstVfOffset, 2)
  const stride = pf.configRead(sriovAt + SriovCap.vfStride, 2)
  const found = virtualFunctions(pf, sriovAt, new GuestMemory(options.arena, options.memory))
  const room = Math.ceil((FIRST_TAKEN - first) / stride)
  if (found.length > room) throw new RangeError(`${found.length} virtual functions, bus 0 has room for ${room}`)
  const bars = barRegisters(pf, sriovAt + SriovCap.bar0)
  const slots = found.map((fn) => new VirtualSlot(fn, bars))
  const socket = (which: string): string => path.join(folder, which)
  const serve = (which: string, fn: PciFunction, more: Partial<ServeOptions>): Promise<FunctionServer> =>
    serveFunction({ ...common, ...more, socket: socket(which), fn, log: (what) => log?.(which, what) })

  const functions = slots.map((_, vf) => ({ socket: socket(`vf${vf}`), rid: first + vf * stride }))
  const placement = new VfPlacement(
    { fn: pf, sriovAt, bars },
    slots.map((slot, vf) => ({ slot, config: ecam + functions[vf].rid * 4096 })),
  )
  const vfsChanged = (vfs: readonly PciFunction[]): void => {
    log?.('pf', `${vfs.length} virtual functions`)
    for (const [vf, slot] of slots.entries()) slot.become(vfs[vf])
    placement.update()
  }
  const sockets: FunctionServer[] = []
  try {
    for (const [vf, slot] of slots.entries()) sockets.push(await serve(`vf${vf}`, slot, {}))
    const server = await serve('pf', placement.watched, { vfsChanged, sriov: true })
    placement.bus = server
    return new CardServer(server, sockets, slots, [{ socket: socket('pf'), rid }, ...functions])
  } catch (error) {
    for (const server of sockets) await server.close()
    throw error
  }
}

/** All virtual functions that there can be: they are enabled once, and the physical function is reset. */
function virtualFunctions(pf: PciFunction, sriovAt: number, nowhere: GuestMemory): readonly PciFunction[] {
  let found: readonly PciFunction[] = []
  const msi = { message: (): void => undefined }
  pf.attach(nowhere, msi, (vfs) => (found = vfs.length > 0 ? vfs : found))
  pf.configWrite(sriovAt + SriovCap.numVfs, 2, pf.configRead(sriovAt + SriovCap.totalVfs, 2))
  pf.configWrite(sriovAt + SriovCap.control, 2, SriovCap.vfEnable)
  pf.reset('power')
  return found
}
