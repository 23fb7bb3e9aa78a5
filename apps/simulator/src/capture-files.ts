import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { CaptureOutput } from '@npa/scenario'
import { PcapngWriter } from '@npa/wire'
import type { OutputFile, OutputFiles } from './output-files.js'
import { UserError } from './user-error.js'

/** One pcapng file for each interface of a run, in a folder that is made if need be. */
export class CaptureFiles implements CaptureOutput {
  readonly #folder: string
  readonly #files: OutputFiles
  readonly #writers: PcapngWriter[] = []

  constructor(folder: string, files: OutputFiles) {
    this.#folder = folder
    this.#files = files
    try {
      mkdirSync(folder, { recursive: true })
    } catch (error) {
      throw new UserError(
        `${folder}: cannot be made a folder (${error instanceof Error ? error.message : String(error)})`,
      )
    }
  }

  interface(name: string): number {
    const file: OutputFile = this.#files.open(join(this.#folder, `${name}.pcapng`))
    const writer = new PcapngWriter((chunk) => {
      file.write(chunk)
    }, 'npa-sim')
    writer.addInterface(name)
    return this.#writers.push(writer) - 1
  }

  packet(
    id: number,
    timeNs: number,
    direction: number,
    u8: Uint8Array,
    at: number,
    length: number,
    vlan: number,
  ): void {
    this.#writers[id].packet(0, timeNs, direction, u8, at, length, vlan)
  }

  comment(id: number, timeNs: number, text: string): void {
    this.#writers[id].comment(timeNs, text)
  }

  /** Ends the files; they still have to be committed. */
  close(): void {
    for (const writer of this.#writers) writer.close()
  }
}
