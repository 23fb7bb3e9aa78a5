import { styleText } from 'node:util'
import Table from 'cli-table3'
import type { Row } from './row.js'

const COLOURS = { pass: 'green', fail: 'red', 'not run': 'yellow' } as const
const DETAIL_COLUMNS = 90

/** Says what goes on: on a terminal in one line that is written over, elsewhere line by line; the table goes to standard output. */
export class Screen {
  readonly #terminal = process.stderr.isTTY
  readonly #begin = performance.now()

  /** Something begins. */
  step(what: string): void {
    const text = `${this.#seconds()} ${what}`
    process.stderr.write(this.#terminal ? `\r\x1b[2K${text.slice(0, (process.stderr.columns || 80) - 1)}` : `${text}\n`)
  }

  /** Something is known, and stays on the screen. */
  line(what: string): void {
    process.stderr.write(`${this.#terminal ? '\r\x1b[2K' : ''}${this.#seconds()} ${what}\n`)
  }

  row(row: Row): void {
    this.line(`${coloured(row.result, this.#terminal)} ${title(row)}: ${row.detail}`)
  }

  table(rows: readonly Row[]): void {
    if (this.#terminal) process.stderr.write('\r\x1b[2K')
    const table = new Table({
      head: ['driver', 'kernel', 'device', 'check', 'result', 'detail'],
      style: { head: [], border: [], compact: true },
      colWidths: [null, null, null, null, null, DETAIL_COLUMNS],
      wordWrap: true,
    })
    for (const row of rows) {
      const result = coloured(row.result, process.stdout.isTTY)
      table.push([row.driver, row.kernel, row.device, row.check, result, row.detail])
    }
    const count = (result: Row['result']): number => rows.filter((row) => row.result === result).length
    const sum = `${count('pass')} passed, ${count('fail')} failed, ${count('not run')} not run`
    process.stdout.write(`${table.toString()}\n${sum} in ${this.#seconds()}\n`)
  }

  #seconds(): string {
    return `${((performance.now() - this.#begin) / 1000).toFixed(0)} s`
  }
}

function title(row: Row): string {
  return `${row.driver} of ${row.kernel} on ${row.device}: ${row.check}`
}

function coloured(result: Row['result'], terminal: boolean): string {
  return terminal ? styleText(COLOURS[result], result) : result
}
