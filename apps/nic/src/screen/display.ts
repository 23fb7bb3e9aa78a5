import { stripVTControlCharacters } from 'node:util'
import type { Snapshot } from '../card/served-nic.js'
import type { Console } from '../console.js'
import { counterTable } from './counter-table.js'

/** What is happening, to be shown. */
export interface Display {
  /** Something happened. */
  line(what: string): void
  counters(snapshot: Snapshot): void
  /** Nothing more follows. */
  end(): void
}

/** A table that is written over, with what happened above it. */
class LiveTable implements Display {
  readonly #out: Console['stdout']
  #shown = ''

  constructor(out: Console['stdout']) {
    this.#out = out
  }

  line(what: string): void {
    this.#out.write(`${this.#clear()}${what}\n${this.#shown}`)
  }

  counters(snapshot: Snapshot): void {
    const clear = this.#clear()
    this.#shown = `\n${counterTable(snapshot)}\n`
    this.#out.write(clear + this.#shown)
  }

  end(): void {
    this.#shown = ''
  }

  /** Back to where the table began, counting lines that the terminal has wrapped. */
  #clear(): string {
    if (this.#shown === '') return ''
    const width = this.#out.columns ?? 80
    const rows = this.#shown
      .split('\n')
      .slice(0, -1)
      .reduce((sum, line) => sum + Math.max(1, Math.ceil(stripVTControlCharacters(line).length / width)), 0)
    return `\x1b[${rows}A\r\x1b[J`
  }
}

/** Plain lines: what happened, and the functions that did something since they were last shown. */
class PlainLines implements Display {
  readonly #out: Console['stdout']
  readonly #last = new Map<string, string>()

  constructor(out: Console['stdout']) {
    this.#out = out
  }

  line(what: string): void {
    this.#out.write(`${what}\n`)
  }

  counters({ functions, ports }: Snapshot): void {
    for (const { name, attached, exists, ...counts } of functions) {
      if (exists || attached) this.#changed(name, words(counts))
    }
    for (const [n, { losses, ...port }] of ports.entries()) {
      this.#changed(
        `wire${ports.length === 1 ? '' : n}`,
        words({ link: port.link ? 'up' : 'down', out: port.out, in: port.in, ...losses }),
      )
    }
  }

  end(): void {
    // Every line is complete.
  }

  #changed(name: string, text: string): void {
    if (this.#last.get(name) === text) return
    this.#last.set(name, text)
    this.#out.write(`${name}: ${text}\n`)
  }
}

/** A line of JSON for everything: `{event}` or `{counters}`. */
class JsonLines implements Display {
  readonly #out: Console['stdout']

  constructor(out: Console['stdout']) {
    this.#out = out
  }

  line(what: string): void {
    this.#out.write(`${JSON.stringify({ event: what })}\n`)
  }

  counters(snapshot: Snapshot): void {
    this.#out.write(`${JSON.stringify({ counters: snapshot })}\n`)
  }

  end(): void {
    // Every line is complete.
  }
}

/** A table on a terminal, lines elsewhere, JSON when asked for. */
export function display(out: Console['stdout'], json: boolean): Display {
  if (json) return new JsonLines(out)
  return out.isTTY === true ? new LiveTable(out) : new PlainLines(out)
}

function words(counts: Readonly<Record<string, number | string>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}
