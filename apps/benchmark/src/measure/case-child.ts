import { suites } from '../suites.js'
import type { CasePlan, Said } from './case-process.js'

// Measures the case that its argument names, and ends.

const { suite, title, rounds, seconds } = JSON.parse(process.argv[2]) as CasePlan

function say(said: Said, told?: () => void): void {
  process.send?.(said, undefined, undefined, told)
}

async function result(): Promise<Said> {
  try {
    return { rows: await suites[suite].measure(title, { rounds, seconds, note: (note) => say({ note }) }) }
  } catch (error) {
    return { error: (error as Error).message }
  }
}

process.on('disconnect', () => process.exit())
say(await result(), () => process.exit())
