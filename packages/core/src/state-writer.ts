import type { StateArray, StateIo } from './state-io.js'

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Saves: every field is written down and left as it is. */
export class StateWriter implements StateIo {
  readonly restoring = false
  readonly fields: Record<string, unknown> = {}

  integer(name: string, now: number): number {
    this.fields[name] = now
    return now
  }

  boolean(name: string, now: boolean): boolean {
    this.fields[name] = now
    return now
  }

  text(name: string, now: string): string {
    this.fields[name] = now
    return now
  }

  time(name: string, now: number): number {
    this.fields[name] = now === Infinity ? null : now
    return now
  }

  integers(name: string, now: readonly number[]): readonly number[] {
    this.fields[name] = [...now]
    return now
  }

  /** Pairs of index and value. */
  column(name: string, values: StateArray, _least: number, _most: number, rest = 0): void {
    const kept: number[] = []
    for (let i = 0; i < values.length; i++) if (values[i] !== rest) kept.push(i, values[i])
    this.fields[name] = kept
  }

  bytes(name: string, bytes: Uint8Array): void {
    let text = ''
    for (const byte of bytes) text += HEX[byte]
    this.fields[name] = text
  }

  list(name: string, count: number, _longest: number, item: (io: StateIo, index: number) => void): number {
    this.fields[name] = Array.from({ length: count }, (_, index) => {
      const one = new StateWriter()
      item(one, index)
      return one.fields
    })
    return count
  }

  part(name: string, fields: (io: StateIo) => void): void {
    const part = new StateWriter()
    fields(part)
    this.fields[name] = part.fields
  }

  identity(name: string, value: string | number | boolean): void {
    this.fields[name] = value
  }

  consistent(): void {
    /* what is saved is what there is */
  }
}
