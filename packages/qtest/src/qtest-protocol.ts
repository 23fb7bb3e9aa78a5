import { QtestError } from './errors.js'
import type { LineChannel } from './line-channel.js'

/** Most bytes of one memory transfer: as base64 the command still fits an empty pipe. */
const PIECE = 32768

/**
 * QEMU's qtest protocol (QEMU, docs/devel/qtest and softmmu/qtest.c): one command and one reply at a time. Addresses are numbers
 * below 2^53. Every command throws a `QtestError` when QEMU refuses it or has ended.
 */
export class Qtest {
  readonly #channel: LineChannel

  constructor(channel: LineChannel) {
    this.#channel = channel
  }

  /** 32-bit write to an I/O port. */
  outl(port: number, value: number): void {
    this.#command(`outl ${hex(port)} ${hex(value >>> 0)}`)
  }

  /** 32-bit read of an I/O port. */
  inl(port: number): number {
    return this.#value(`inl ${hex(port)}`)
  }

  readb(address: number): number {
    return this.#value(`readb ${hex(address)}`)
  }

  readw(address: number): number {
    return this.#value(`readw ${hex(address)}`)
  }

  readl(address: number): number {
    return this.#value(`readl ${hex(address)}`)
  }

  writeb(address: number, value: number): void {
    this.#command(`writeb ${hex(address)} ${hex(value & 0xff)}`)
  }

  writew(address: number, value: number): void {
    this.#command(`writew ${hex(address)} ${hex(value & 0xffff)}`)
  }

  writel(address: number, value: number): void {
    this.#command(`writel ${hex(address)} ${hex(value >>> 0)}`)
  }

  /** Copies `bytes` of guest memory to `to` from `at` on. */
  read(address: number, to: Uint8Array, at: number, bytes: number): void {
    const target = Buffer.from(to.buffer, to.byteOffset, to.byteLength)
    for (let done = 0; done < bytes; done += PIECE) {
      const piece = Math.min(PIECE, bytes - done)
      const line = `b64read ${hex(address + done)} ${hex(piece)}`
      const written = target.write(this.#command(line), at + done, piece, 'base64')
      if (written !== piece) throw new QtestError(line, `${written} bytes instead of ${piece}`)
    }
  }

  /** Copies `bytes` of `from`, from `at` on, to guest memory. */
  write(address: number, from: Uint8Array, at: number, bytes: number): void {
    const source = Buffer.from(from.buffer, from.byteOffset, from.byteLength)
    for (let done = 0; done < bytes; done += PIECE) {
      const piece = Math.min(PIECE, bytes - done)
      const text = source.toString('base64', at + done, at + done + piece)
      this.#command(`b64write ${hex(address + done)} ${hex(piece)} ${text}`)
    }
  }

  /** Moves the machine's clock. Only a QEMU with `-accel qtest` has one that stands still; others refuse. */
  clockStep(ns: number): void {
    this.#command(`clock_step ${ns}`)
  }

  #value(line: string): number {
    return Number.parseInt(this.#command(line), 16)
  }

  /** What stands behind `OK`. */
  #command(line: string): string {
    const reply = this.#exchange(line)
    if (reply !== 'OK' && !reply.startsWith('OK ')) throw new QtestError(line, reply)
    return reply.slice(3)
  }

  #exchange(line: string): string {
    try {
      this.#channel.send(line)
      // Interrupt lines that change between two replies are news, not an answer.
      for (;;) {
        const reply = this.#channel.receive()
        if (!reply.startsWith('IRQ ')) return reply
      }
    } catch (error) {
      throw new QtestError(line, error instanceof Error ? error.message : String(error))
    }
  }
}

function hex(value: number): string {
  return `0x${value.toString(16)}`
}
