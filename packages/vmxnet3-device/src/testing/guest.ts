import { VirtualScheduler } from '@npa/core'
import type { CostMeter, Mmio, Trace } from '@npa/core'
import { AddressSpace, Arena, IommuPort } from '@npa/memory'
import { enableFunction, enableMsix, functionBar } from '@npa/pci'
import { Bar } from '@npa/vmxnet3-spec'
import { Vmxnet3Device } from '../index.js'
import type { NpaHandler } from '../index.js'
import { Switch } from './switch.js'

export const MAC: Uint8Array = Uint8Array.of(0x00, 0x50, 0x56, 0x01, 0x02, 0x03)

/** Guest-physical address at which the guest's memory starts: addresses need both words. */
export const RAM = 0x1_2340_0000
export const RAM_BYTES = 0x800000

/** Extra parts for the device under test. */
export interface GuestOptions {
  readonly npa?: NpaHandler
  readonly cost?: CostMeter
  readonly trace?: Trace
  readonly macChanged?: (mac: Uint8Array) => void
}

/** A guest's memory and registers, its device, and the switch at the other end of the cable. Only what a driver sees is used. */
export class Guest {
  readonly arena: Arena = new Arena(0x1000000)
  readonly scheduler: VirtualScheduler = new VirtualScheduler()
  readonly space: AddressSpace = new AddressSpace('guest')
  readonly iommu: IommuPort
  readonly bars: readonly Mmio[]
  readonly device: Vmxnet3Device
  readonly switch: Switch
  /** Arena offset of the guest's memory. */
  readonly ram: number
  /** Interrupts that reached the guest, by vector. */
  readonly interrupts: number[] = new Array<number>(25).fill(0)
  #next = 0

  constructor(options: GuestOptions = {}) {
    this.ram = this.arena.allocate(RAM_BYTES)
    this.space.map(RAM, RAM_BYTES, this.ram)
    this.device = new Vmxnet3Device({ name: 'nic', arena: this.arena, tasks: this.scheduler, mac: MAC, ...options })
    this.switch = new Switch(this.arena)
    this.switch.connect(this.device.port)
    this.device.port.connect(this.switch)
    this.iommu = new IommuPort(this.arena)
    this.iommu.assign(this.space)
    this.device.attach(this.iommu, { message: (_lo, _hi, data) => this.interrupts[data - 0x30]++ }, () => undefined)
    this.bars = [0, 1, 2, 3, 4].map((bar) => functionBar(this.device, bar))
    this.enable()
  }

  /** Bus mastering and MSI-X as an operating system sets them up. */
  enable(): void {
    enableFunction(this.device)
    const messages = this.interrupts.map((_, vector) => ({ addressLo: 0xfee00000, addressHi: 0, data: 0x30 + vector }))
    enableMsix(this.device, (bar) => this.bars[bar], messages)
  }

  read(bar: number, offset: number): number {
    return this.bars[bar].read32(offset)
  }

  write(bar: number, offset: number, value: number): void {
    this.bars[bar].write32(offset, value)
  }

  command(value: number): number {
    this.write(Bar.control, 0x20, value)
    return this.read(Bar.control, 0x20)
  }

  /** Guest-physical address of fresh zeroed memory. */
  allocate(bytes: number, align = 512): number {
    this.#next = Math.ceil(this.#next / align) * align
    const address = RAM + this.#next
    this.#next += bytes
    if (this.#next > RAM_BYTES) throw new RangeError('the test guest is out of memory')
    return address
  }

  /** Arena offset of a guest-physical address. */
  at(address: number): number {
    return address - RAM + this.ram
  }

  bytes(address: number, length: number): Uint8Array {
    return this.arena.u8.subarray(this.at(address), this.at(address) + length)
  }

  u32(address: number): number {
    return this.arena.i32[this.at(address) >> 2] >>> 0
  }

  put32(address: number, value: number): void {
    this.arena.i32[this.at(address) >> 2] = value
  }

  put64(address: number, value: number): void {
    this.put32(address, value)
    this.put32(address + 4, Math.floor(value / 4294967296))
  }

  u64(address: number): number {
    return this.u32(address) + this.u32(address + 4) * 4294967296
  }

  /** Lets the device's tasks run until nothing is left to do. */
  settle(): void {
    this.scheduler.run(() => false, Infinity)
  }
}
