import type { Mmio, ResetKind, StateIo } from '@npa/core'
import type { Dma } from '@npa/memory'
import { BusMaster } from './bus-master.js'
import { findCapability } from './config-access.js'
import type { ConfigSpace } from './config-space.js'
import type { Msix } from './msix.js'
import type { MsiTarget, PciFunction } from './pci-function.js'
import { Capability, Command, ExpressCap, Header, PowerCap } from './registers.js'
import type { Sriov } from './sriov.js'

/** The registers behind one BAR. They are 32 bits wide; accesses within `bytes` only. */
export interface EndpointBar {
  readonly index: number
  readonly bytes: number
  readonly registers: Mmio
}

/** What one function consists of. `config` already has its header and capabilities. */
export interface EndpointParts {
  readonly config: ConfigSpace
  readonly bars: readonly EndpointBar[]
  readonly msix?: Msix
  readonly sriov?: Sriov
  /** All VFs that there can be, the first `count` of which exist while VFs are enabled. */
  readonly vfs?: readonly EndpointFunction[]
  /** Puts the device's own registers and engines in their reset state. Configuration space and MSI-X are reset already. */
  readonly reset: (kind: ResetKind) => void
}

const ONES = [0, 0xff, 0xffff, 0, 0xffffffff]

/**
 * A PCI Express endpoint, physical or virtual, made of its parts. A store narrower than a register's 32 bits changes nothing,
 * as on the chips modelled; a narrower load returns its part of the register. The MSI-X structures lie over the registers.
 */
export class EndpointFunction implements PciFunction {
  readonly config: ConfigSpace
  /** The device's only way to memory: open while Bus Master Enable is set and the function is in D0. */
  readonly dma: BusMaster = new BusMaster()
  readonly msix: Msix | undefined
  readonly sriov: Sriov | undefined
  readonly #bars: (EndpointBar | undefined)[] = [undefined, undefined, undefined, undefined, undefined, undefined]
  readonly #vfs: readonly EndpointFunction[]
  readonly #reset: (kind: ResetKind) => void
  readonly #powerAt: number
  #awake = true
  /** VFs that there are. */
  #present = 0
  #vfsChanged: (vfs: readonly PciFunction[]) => void = nobody

  constructor(parts: EndpointParts) {
    const { config } = parts
    this.config = config
    this.msix = parts.msix
    this.sriov = parts.sriov
    this.#vfs = parts.vfs ?? []
    this.#reset = parts.reset
    for (const bar of parts.bars) this.#bars[bar.index] = bar
    config.onWrite(Header.command, 2, () => this.#gate())
    this.#powerAt = findCapability(config, Capability.powerManagement)
    if (this.#powerAt !== 0) config.onWrite(this.#powerAt + PowerCap.control, 2, () => this.#gate())
    const express = findCapability(config, Capability.express)
    if (express !== 0)
      config.onWrite(express + ExpressCap.deviceControl, 2, () => this.#trigger(express + ExpressCap.deviceControl))
    this.sriov?.onChange((count) => this.#populate(count))
  }

  /** Raises an MSI-X vector; nothing happens on a function without MSI-X. */
  raise(vector: number): void {
    this.msix?.raise(vector)
  }

  attach(dma: Dma, msi: MsiTarget, vfsChanged: (vfs: readonly PciFunction[]) => void): void {
    this.dma.connect(dma)
    this.msix?.connect(msi)
    this.#vfsChanged = vfsChanged
  }

  configRead(offset: number, size: 1 | 2 | 4): number {
    return this.config.configRead(offset, size)
  }

  configWrite(offset: number, size: 1 | 2 | 4, value: number): void {
    this.config.configWrite(offset, size, value)
  }

  barRead(index: number, offset: number, size: 1 | 2 | 4): number {
    const bar = this.#bars[index]
    if (bar === undefined || !this.#awake || offset < 0 || offset + size > bar.bytes || offset % size !== 0)
      return ONES[size]
    const word = offset & ~3
    const value = this.msix?.owns(index, word) === true ? this.msix.read32(index, word) : bar.registers.read32(word)
    return size === 4 ? value >>> 0 : (value >>> (8 * (offset & 3))) & ONES[size]
  }

  barWrite(index: number, offset: number, size: 1 | 2 | 4, value: number): void {
    const bar = this.#bars[index]
    if (bar === undefined || !this.#awake || size !== 4 || offset < 0 || offset + 4 > bar.bytes || (offset & 3) !== 0)
      return
    if (this.msix?.owns(index, offset) === true) this.msix.write32(index, offset, value)
    else bar.registers.write32(offset, value >>> 0)
  }

  reset(kind: ResetKind): void {
    this.config.reset(kind)
    this.msix?.reset()
    this.#gate()
    this.sriov?.reset()
    this.#reset(kind)
  }

  /**
   * Configuration space, MSI-X, SR-IOV and all virtual functions, present or not. Nobody is told and no message is sent; `restored` says
   * that all of the device is restored.
   */
  walkState(io: StateIo): void {
    io.part('config', (config) => {
      this.config.walkState(config)
      if (io.restoring) this.sriov?.follow(config)
    })
    if (io.restoring) this.dma.gate(this.#mayMaster())
    io.part('dma', (dma) => this.dma.walkState(dma))
    if (this.msix !== undefined) io.part('msix', (msix) => this.msix?.walkState(msix, this.dma.open))
    if (this.#vfs.length === 0) return
    const count = io.list('vfs', this.#vfs.length, this.#vfs.length, (vf, index) => this.#vfs[index].walkState(vf))
    io.consistent('vfs', count === this.#vfs.length)
  }

  /** Tells the bus which virtual functions there are now, and who follows the MSI-X tables. */
  restored(): void {
    const count = this.sriov?.count ?? 0
    if (count !== this.#present) {
      this.#present = count
      this.#vfsChanged(this.#vfs.slice(0, count))
    }
    this.msix?.restored()
    for (const vf of this.#vfs) vf.restored()
  }

  /** The trigger reads 0: the reset clears it with the rest. */
  #trigger(at: number): void {
    if ((this.config.get(at, 2) & ExpressCap.initiateFlr) !== 0) this.reset('function')
  }

  #gate(): void {
    const open = this.#mayMaster()
    this.dma.gate(open)
    this.msix?.busMaster(open)
  }

  /** Looks up the power state, and whether the function may master the bus in it. */
  #mayMaster(): boolean {
    this.#awake = this.#powerAt === 0 || (this.config.get(this.#powerAt + PowerCap.control, 2) & PowerCap.state) === 0
    return this.#awake && (this.config.get(Header.command, 2) & Command.busMaster) !== 0
  }

  /** VFs appear as after power-on; those that disappear are stopped by the same reset. */
  #populate(count: number): void {
    const gone = this.#vfs.slice(count, this.#present)
    this.#present = count
    this.#vfsChanged(this.#vfs.slice(0, count))
    for (const vf of gone) vf.reset('power')
  }
}

function nobody(): void {
  /* not plugged in */
}
