import { expect, test } from 'vitest'
import { MessagePage } from './message-page.js'
import { Qtest } from './qtest-protocol.js'
import { FakeMachine } from './testing/fake-machine.js'

const AT = 0x1_0000_3000

function page(): { fake: FakeMachine; page: MessagePage; seen: () => number[] } {
  const fake = new FakeMachine()
  fake.poke(AT, new Uint8Array(64).fill(0xff))
  const page = new MessagePage(new Qtest(fake), AT, 3)
  const seen = (): number[] => {
    const vectors: number[] = []
    page.collect((vector) => vectors.push(vector))
    return vectors
  }
  return { fake, page, seen }
}

/** What a device does with a message. */
function deliver(fake: FakeMachine, message: { addressLo: number; addressHi: number; data: number }): void {
  fake.poke(message.addressHi * 2 ** 32 + message.addressLo, [message.data, 0, 0, 0])
}

test('every vector has a word of its own, above 4 GiB too, and what lay there is not an interrupt', () => {
  const { page: messages, seen } = page()
  expect(messages.messages().map((m) => [m.addressHi, m.addressLo])).toEqual([
    [1, 0x3000],
    [1, 0x3004],
    [1, 0x3008],
  ])
  expect(seen()).toEqual([])
})

test('a message is seen once, several of one vector are one', () => {
  const { fake, page: messages, seen } = page()
  const [zero, , two] = messages.messages()
  deliver(fake, two)
  deliver(fake, two)
  deliver(fake, zero)
  expect(seen()).toEqual([0, 2])
  expect(seen()).toEqual([])
})

test('a message that comes while its handler runs is not lost', () => {
  const { fake, page: messages, seen } = page()
  const [, one] = messages.messages()
  deliver(fake, one)
  expect(messages.collect(() => deliver(fake, one))).toBe(1)
  expect(seen()).toEqual([1])
})
