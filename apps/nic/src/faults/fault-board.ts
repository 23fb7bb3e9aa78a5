import { randomStream } from '@npa/core'
import type { Clock } from '@npa/core'
import type { Arena } from '@npa/memory'
import type { PciFunction } from '@npa/pci'
import type { Model } from '../card/models.js'
import { UserError } from '../user-error.js'
import type { FaultyPort } from './fault-kind.js'
import type { FaultRequest } from './fault-schema.js'
import { FaultyFunction } from './faulty-function.js'
import { kindOf } from './kinds/index.js'

/** A fault that is there. */
export interface ActiveFault {
  readonly id: number
  readonly fault: string
  readonly function: string
  readonly seed: number
  /** How often it has struck. */
  readonly struck: number
}

interface Active {
  readonly id: number
  readonly request: FaultRequest
  readonly function: string
  readonly seed: number
  struck: number
  readonly end: () => void
}

/** What the board works with. */
export interface BoardParts {
  readonly model: Model
  readonly arena: Arena
  readonly clock: Clock
  /** Seeds of faults that bring none are drawn from it. */
  readonly seed: number
  readonly log: (who: string, what: string) => void
}

/** All faults of a served card: begins them, ends them, knows how often they struck. */
export class FaultBoard {
  readonly functions: Map<string, FaultyFunction> = new Map<string, FaultyFunction>()
  /** By number; given when the card is served. */
  ports: readonly FaultyPort[] = []
  readonly #parts: BoardParts
  readonly #active = new Map<number, Active>()
  readonly #struck = new Map<string, number>()
  #begun = 0

  constructor(parts: BoardParts) {
    this.#parts = parts
  }

  /** Puts a function where faults can get at it. */
  layer(fn: PciFunction, who: string): PciFunction {
    const faulty = new FaultyFunction(fn, who, this.#parts.model.view, this.#parts.arena)
    this.functions.set(who, faulty)
    return faulty.fn
  }

  /** Begins a fault; its number. Throws a `UserError` when this card cannot fail so. */
  begin(request: FaultRequest): number {
    const { model, arena, clock, log } = this.#parts
    const kind = kindOf(request.fault)
    if (kind === undefined) throw new UserError(`${request.fault}: no such fault`)
    if (kind.intel === true && model.view === undefined)
      throw new UserError(`${request.fault}: there is no such fault of ${model.title}`)
    const fn = this.#function(request, kind.of)
    if (kind.once === true && request.for !== undefined)
      throw new UserError(`${request.fault}: it happens at an instant: leave out for=`)
    const id = ++this.#begun
    const seed = request.seed ?? randomStream(this.#parts.seed, `fault ${id}`).u32()
    const port = this.ports[fn.name.startsWith('port1/') ? 1 : 0]
    const place = {
      fn,
      port,
      arena,
      clock,
      random: randomStream(seed, request.fault),
      struck: () => {
        active.struck++
        this.#struck.set(request.fault, (this.#struck.get(request.fault) ?? 0) + 1)
      },
    }
    const end = (): void => ending()
    const active: Active = { id, request, function: fn.name, seed, struck: 0, end }
    const ending = kind.start(place, request as unknown as Record<string, never>)
    log(fn.name, `fault ${id}, ${request.fault}, seed ${seed}`)
    if (kind.once === true) return id
    this.#active.set(id, active)
    if (request.for !== undefined) clock.timer('fault', () => this.#end(id)).arm(clock.nowNs() + request.for)
    return id
  }

  /** Ends a fault, or all. Throws a `UserError` for a number that no fault has. */
  clear(id?: number): void {
    if (id === undefined) for (const each of [...this.#active.keys()]) this.#end(each)
    else if (!this.#active.has(id))
      throw new UserError(`no fault has the number ${id}: npa-nic ctl FOLDER status lists them`)
    else this.#end(id)
  }

  /** Faults that are there now. */
  list(): ActiveFault[] {
    return [...this.#active.values()].map(({ id, request, function: name, seed, struck }) => ({
      ...{ id, fault: request.fault, function: name, seed, struck },
    }))
  }

  /** How often each kind has struck so far. */
  struck(): Record<string, number> {
    return Object.fromEntries(this.#struck)
  }

  #end(id: number): void {
    const active = this.#active.get(id)
    if (active === undefined) return
    this.#active.delete(id)
    active.end()
    this.#parts.log(active.function, `fault ${id}, ${active.request.fault}, is over; it struck ${active.struck} times`)
  }

  #function(request: FaultRequest, of: 'pf' | 'vf' | 'any'): FaultyFunction {
    const prefix = this.functions.has('pf') ? '' : 'port0/'
    const name = request.function ?? `${prefix}${of === 'vf' ? 'vf0' : 'pf'}`
    const fn = this.functions.get(name)
    if (fn === undefined) {
      const names = [...this.functions.keys()]
      throw new UserError(
        `${name}: no such function: there are ${names.slice(0, 4).join(', ')}${names.length > 4 ? ' …' : ''}`,
      )
    }
    if (of !== 'any' && fn.virtual !== (of === 'vf'))
      throw new UserError(`${request.fault}: not a fault of ${name}: say function=${of === 'vf' ? 'vf0' : 'pf'}`)
    return fn
  }
}
