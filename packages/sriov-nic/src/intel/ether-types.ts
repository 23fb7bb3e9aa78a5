/** EtherType filters of a chip: what each looks for, and where what it finds goes. */
export class EtherTypes {
  readonly #type: Int32Array
  /** The pool of each filter, and its queue; -1 for the one that the other filters find. */
  readonly pool: Int32Array
  readonly queue: Int32Array
  #enabled = 0

  constructor(filters: number) {
    this.#type = new Int32Array(filters).fill(-1)
    this.pool = new Int32Array(filters).fill(-1)
    this.queue = new Int32Array(filters).fill(-1)
  }

  /** Sets what a filter looks for; -1 turns it off. */
  look(filter: number, type: number): void {
    this.#type[filter] = type
    this.#enabled = this.#type.reduce((n, looked) => n + (looked < 0 ? 0 : 1), 0)
  }

  /** The first filter that looks for a type, or -1. */
  match(type: number): number {
    return this.#enabled === 0 ? -1 : this.#type.indexOf(type)
  }
}
