import type { MessagePort } from 'node:worker_threads'
import { Doorbell, SpscRing } from '@npa/ring-datapath'
import type { Consumer, Producer } from '@npa/ring-datapath'
import type { Patience } from './patience.js'
import { Place } from './plan.js'
import { put, take } from './side.js'
import type { Side } from './side.js'

/** A record there, a record back, and so on; `wait` returns when the next one is there, `announce` follows one that was sent. */
function handOver(
  memory: WebAssembly.Memory,
  role: 0 | 1,
  wait: (there: Consumer) => void,
  announce: () => void,
): Side {
  const buffer = memory.buffer as SharedArrayBuffer
  const rings = [SpscRing.attach(buffer, Place.there), SpscRing.attach(buffer, Place.back)]
  const producer = rings[role].producer()
  const consumer = rings[1 - role].consumer()
  return (records) => {
    let sum = 0
    for (let n = 0; n < records / 2; n++) {
      if (role === 0) send(producer, n, announce)
      wait(consumer)
      sum = (sum + take(consumer.words, consumer.slot(0), 4)) | 0
      consumer.release(1)
      if (role === 1) send(producer, n, announce)
    }
    return sum
  }
}

function send(producer: Producer, n: number, announce: () => void): void {
  if (producer.reserve(1) === 0) throw new Error('two records on their way')
  put(producer.words, producer.slot(0), n, 4)
  producer.commit(1)
  announce()
}

/** Both threads stay awake. */
export function spinning(memory: WebAssembly.Memory, role: 0 | 1, patience: Patience): Side {
  const wait = (there: Consumer): void => {
    while (there.peek(1) === 0) patience.look()
  }
  return handOver(memory, role, wait, () => undefined)
}

/** Each thread sleeps at its doorbell until it is woken. */
export function waking(memory: WebAssembly.Memory, role: 0 | 1): Side {
  const buffer = memory.buffer as SharedArrayBuffer
  const bells = [0, 128].map((at) => new Doorbell(buffer, Place.bells + at, { spins: 0 }))
  let waiting: Consumer | undefined
  const ready = (): boolean => waiting !== undefined && waiting.peek(1) > 0
  const wait = (there: Consumer): void => {
    waiting = there
    bells[role].until(ready)
  }
  return handOver(memory, role, wait, () => bells[1 - role].ring())
}

/** Numbers through a `MessagePort`, each answered by one. */
export function posting(port: MessagePort, role: 0 | 1): Side {
  return (records) =>
    new Promise((resolve) => {
      let left = records / 2
      const message = (n: number): void => {
        if (role === 1) port.postMessage(n)
        if (--left > 0) {
          if (role === 0) port.postMessage(n + 1)
          return
        }
        port.off('message', message)
        resolve(0)
      }
      port.on('message', message)
      if (role === 0) port.postMessage(0)
    })
}
