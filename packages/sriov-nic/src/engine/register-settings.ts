import type { RegisterFile } from './register-file.js'

/** Makes what a register stores a setting of something else. */
export type ApplySetting = (n: number, value: number) => void

/** Registers whose values are settings of an engine: applied whenever they are written, and all of them after a reset. */
export class RegisterSettings {
  readonly #file: RegisterFile
  readonly #settings = new Map<string, ApplySetting>()

  constructor(file: RegisterFile) {
    this.#file = file
  }

  on(name: string, apply: ApplySetting): void {
    this.#settings.set(name, apply)
    this.#file.onWrite(name, (n, value) => apply(n, this.#file.store(name, n, value)))
  }

  /** Takes every setting from its register. */
  refresh(): void {
    for (const [name, apply] of this.#settings) {
      for (let n = 0; n < this.#file.instances(name); n++) apply(n, this.#file.get(name, n))
    }
  }
}
