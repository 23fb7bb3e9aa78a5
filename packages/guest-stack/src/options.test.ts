import { expect, test } from 'vitest'
import { PEER_IP, ScriptedPeer } from './testing/scripted-peer.js'
import type { GuestStackOptions } from './options.js'

test.each<[Partial<GuestStackOptions>, string]>([
  [{ ip: '10.0.0.256' }, "'10.0.0.256' is not an IPv4 address"],
  [{ vlan: 4095 }, 'VLAN 4095: 1 to 4094 is expected'],
  [{ vlan: 0 }, 'VLAN 0: 1 to 4094 is expected'],
  [{ transmitQueue: 0 }, 'transmitQueue is 0: an integer from 1 to 65536 is expected'],
  [{ tcp: { sendBuffer: 0 } }, 'tcp.sendBuffer is 0'],
  [{ tcp: { receiveBuffer: 1.5 } }, 'tcp.receiveBuffer is 1.5'],
  [{ tcp: { delayedAckNs: 501e6 } }, 'tcp.delayedAckNs is 501000000'],
  [{ tcp: { reassemblyRanges: 0 } }, 'tcp.reassemblyRanges is 0'],
  [{ tcp: { initialSequence: 2 ** 32 } }, 'tcp.initialSequence is 4294967296'],
  [{ arp: { capacity: 0 } }, 'arp.capacity is 0'],
])('%o is refused: %s', (options, message) => {
  expect(() => new ScriptedPeer(options)).toThrow(message)
})

test('what is no port is refused', () => {
  const { stack } = new ScriptedPeer()
  const socket = stack.bindUdp(7)
  for (const port of [0, 65536, 1.5]) {
    const message = `port ${port}: an integer from 1 to 65535 is expected`
    expect(() => stack.listen(port, () => undefined)).toThrow(message)
    expect(() => stack.connect(PEER_IP, port)).toThrow(message)
    expect(() => stack.bindUdp(port)).toThrow(message)
    expect(() => socket.send(PEER_IP, port, new Uint8Array(1), 0, 1)).toThrow(message)
    if (port !== 0) expect(() => stack.connect(PEER_IP, 80, port)).toThrow(message)
  }
})

test('a port listens once', () => {
  const { stack } = new ScriptedPeer()
  stack.listen(1, () => undefined)
  expect(() => stack.listen(1, () => undefined)).toThrow('TCP port 1 is taken')
  stack.unlisten(1)
  stack.listen(1, () => undefined)
})
