import type { LineChannel } from '../line-channel.js'

/** A machine that is all RAM, behind qtest's commands: answers as QEMU does, and keeps the commands for the test to read. */
export class FakeMachine implements LineChannel {
  readonly commands: string[] = []
  /** Lines to be read before the next reply. */
  readonly news: string[] = []
  readonly #ram = new Map<number, number>()
  readonly #replies: string[] = []

  send(line: string): void {
    this.commands.push(line)
    this.#replies.push(...this.news.splice(0), this.#answer(line.split(' ')))
  }

  receive(): string {
    const line = this.#replies.shift()
    if (line === undefined) throw new Error('nothing to read')
    return line
  }

  bytes(address: number, count: number): number[] {
    return Array.from({ length: count }, (_, i) => this.#ram.get(address + i) ?? 0)
  }

  poke(address: number, bytes: Iterable<number>): void {
    let at = address
    for (const byte of bytes) this.#ram.set(at++, byte)
  }

  #answer([command, first, second, third]: string[]): string {
    const address = Number(first)
    const size = { b: 1, w: 2, l: 4 }[command.slice(-1)] ?? 0
    if (/^write[bwl]$/.test(command)) {
      for (let i = 0; i < size; i++) this.#ram.set(address + i, Math.floor(Number(second) / 256 ** i) % 256)
      return 'OK'
    }
    if (/^read[bwl]$/.test(command)) {
      const value = this.bytes(address, size).reduceRight((sum, byte) => sum * 256 + byte, 0)
      return `OK 0x${value.toString(16).padStart(16, '0')}`
    }
    const memory = Buffer.from(this.bytes(address, Number(second)))
    if (command === 'b64read') return `OK ${memory.toString('base64')}`
    if (command !== 'b64write') return `FAIL Unknown command '${command}'`
    this.poke(address, Buffer.from(third, 'base64'))
    return 'OK'
  }
}
