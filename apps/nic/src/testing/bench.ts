import { randomStream, VirtualScheduler } from '@npa/core'
import { Arena } from '@npa/memory'
import type { Dma } from '@npa/memory'
import type { MsiTarget, PciFunction } from '@npa/pci'
import { VIEW_82599 } from '../card/driver-view.js'
import { FaultyFunction } from '../faults/faulty-function.js'
import { faultOfWords, checkFault } from '../faults/fault-schema.js'
import { kindOf } from '../faults/kinds/index.js'

/** A function of no chip: its registers are storage, and the test makes it move memory and interrupt. */
class BareFunction implements PciFunction {
  readonly registers = new Map<number, number>()
  readonly told: string[] = []
  dma: Dma | undefined
  msi: MsiTarget | undefined

  configRead(): number {
    return 0x1234
  }
  configWrite(offset: number): void {
    this.told.push(`config ${offset}`)
  }
  barRead(_bar: number, offset: number): number {
    return this.registers.get(offset) ?? 0
  }
  barWrite(_bar: number, offset: number, _size: 1 | 2 | 4, value: number): void {
    this.told.push(`write ${offset.toString(16)} ${value.toString(16)}`)
    this.registers.set(offset, value)
  }
  attach(dma: Dma, msi: MsiTarget): void {
    this.dma = dma
    this.msi = msi
  }
  reset(kind: string): void {
    this.told.push(`reset ${kind}`)
  }
}

/** Where the driver of the tests has rings: bus addresses, 8 descriptors each. */
export const RING = { rx0: 0x10000, rx1: 0x11000, tx0: 0x12000 } as const
/** Their registers in a virtual function of an 82599. */
const VF_RX = 0x1000
const VF_TX = 0x2000

/** A bare function behind faults, with a guest whose memory notes what is written and which interrupts come, in order. */
export function bench(name = 'vf0') {
  const arena = new Arena(1 << 20)
  const clock = new VirtualScheduler()
  const chip = new BareFunction()
  const faulty = new FaultyFunction(chip, name, VIEW_82599, arena)
  const seen: string[] = []
  const memory = new Map<number, number>()
  const at = arena.allocate(4096)
  const guest: Dma = {
    read: (lo, _hi, bytes, to) => {
      for (let i = 0; i < bytes; i += 4) arena.i32[(to + i) >> 2] = memory.get(lo + i) ?? 0
      return true
    },
    write: (from, bytes, lo) => {
      for (let i = 0; i < bytes; i += 4) memory.set(lo + i, arena.i32[(from + i) >> 2])
      seen.push(lo.toString(16))
      return true
    },
    view: () => undefined,
    epoch: 0,
  }
  faulty.fn.attach(guest, { message: (_lo, _hi, data) => void seen.push(`irq${data}`) }, () => undefined)
  const write = (offset: number, value: number): void => faulty.fn.barWrite(0, offset, 4, value)
  for (const [bank, base] of [
    [VF_RX, RING.rx0],
    [VF_RX + 0x40, RING.rx1],
    [VF_TX, RING.tx0],
  ]) {
    write(bank, base)
    write(bank + 8, 8 * 16)
  }
  chip.told.length = 0
  let struck = 0
  let link = true
  const sent: Uint8Array[] = []
  return {
    ...{ arena, clock, chip, faulty, seen, memory, at, sent, write },
    read: (offset: number): number => faulty.fn.barRead(0, offset, 4),
    struck: () => struck,
    link: () => link,
    /** The function stores a word, four bytes from a scratch of its own. */
    store: (address: number, words: readonly number[] = [1]): boolean => {
      arena.i32.set(words, at >> 2)
      return chip.dma?.write(at, words.length * 4, address, 0) === true
    },
    fetch: (address: number, words: number): number[] => {
      chip.dma?.read(address, 0, words * 4, at)
      return [...arena.i32.subarray(at >> 2, (at >> 2) + words)]
    },
    interrupt: (data: number): void => chip.msi?.message(0xfee00000, 0, data),
    pass: (ns: number): void => {
      clock.run(() => false, clock.nowNs() + ns)
    },
    /** Begins a fault as ctl takes it; returns how to end it. */
    begin: (words: string): (() => void) => {
      const request = checkFault(faultOfWords(words.split(' '), 'test'), 'test')
      const port = { setLink: (on: boolean) => void (link = on), send: (frame: Uint8Array) => void sent.push(frame) }
      const place = {
        fn: faulty,
        port,
        arena,
        clock,
        random: randomStream(1, words),
        struck: () => {
          struck++
        },
      }
      return kindOf(request.fault)?.start(place, request as unknown as Record<string, never>) ?? ((): void => undefined)
    },
  }
}
