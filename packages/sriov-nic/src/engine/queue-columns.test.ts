import { restoreState, saveState, StateError } from '@npa/core'
import { expect, test } from 'vitest'
import { QueueColumns, QueueState } from './queue-columns.js'

const HEAD = 5
const SIZE = 8

/** A queue that is on, with `cached` descriptors fetched from the head on. */
function busy(cached: number): QueueColumns {
  const queues = new QueueColumns(1)
  queues.state[0] = QueueState.on
  queues.size[0] = SIZE
  queues.head[0] = HEAD
  queues.fetch[0] = (HEAD + cached) % SIZE
  queues.cached[0] = cached
  return queues
}

function save(queues: QueueColumns): Record<string, unknown> {
  return saveState((io) => queues.walkState(io))
}

test.each([0, 2, 6])(
  'with %d descriptors fetched the next one is the one behind them, a state says nothing else',
  (cached) => {
    const saved = save(busy(cached))
    for (let fetch = 0; fetch < SIZE; fetch++) {
      const queues = new QueueColumns(1)
      // A column is pairs of place and value; zeros are left out.
      const state = { ...saved, fetch: fetch === 0 ? [] : [0, fetch] }
      const restore = (): void => restoreState(state, (io) => queues.walkState(io))
      if (fetch !== (HEAD + cached) % SIZE) {
        expect(restore).toThrow(new StateError('inconsistent', 'fetch'))
        continue
      }
      restore()
      expect(save(queues)).toEqual(saved)
    }
  },
)
