import type { Answer } from './loop-process.js'
import { TrafficLoop } from './traffic.js'
import type { Traffic } from './traffic.js'

// One case of the suite: the traffic is its argument; told a time, it measures for about so long.

const loop = new TrafficLoop(JSON.parse(process.argv[2]) as Traffic)

function measured(seconds: number): Answer {
  try {
    return { framesPerSecond: loop.run(seconds) }
  } catch (error) {
    return { error: (error as Error).message }
  }
}

process.on('message', (seconds) => process.send?.(measured(seconds as number)))
process.on('disconnect', () => process.exit())
