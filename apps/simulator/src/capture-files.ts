import type { CaptureOutput, Scenario } from '@npa/scenario'
import { PcapngWriter } from '@npa/wire'

/** A file that somebody has opened for writing: its descriptor, and its name in errors. */
export interface OpenFile {
  readonly fd: number
  readonly label: string
}

/** The interfaces that a run captures at: each VM's, and each cage with a cable in it. */
export function interfaceNames({ hosts, links }: Scenario): string[] {
  const wires = links.flatMap(({ between }) => between.map((host) => `${host}-wire`))
  return [...wires, ...hosts.flatMap(({ vms }) => vms.map(({ name }) => name))]
}

/** One pcapng file for each interface of a run. */
export class CaptureFiles implements CaptureOutput {
  readonly #files: ReadonlyMap<string, OpenFile>
  readonly #write: (file: OpenFile, chunk: Uint8Array) => void
  readonly #writers: PcapngWriter[] = []

  constructor(files: ReadonlyMap<string, OpenFile>, write: (file: OpenFile, chunk: Uint8Array) => void) {
    this.#files = files
    this.#write = write
  }

  interface(name: string): number {
    const file = this.#files.get(name)
    if (file === undefined) throw new Error(`no file was opened for the interface ${name}`)
    const writer = new PcapngWriter((chunk) => {
      this.#write(file, chunk)
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

  /** Ends the captures; the files stay open. */
  close(): void {
    for (const writer of this.#writers) writer.close()
  }
}
