import { expect, test } from 'vitest'
import { establish, write } from './testing/established.js'
import { OWN_ISS, PEER_ISS, PEER_IP } from './testing/scripted-peer.js'

test('the state is plain data that survives JSON, and tells neighbours, buffers and deadlines', () => {
  const { peer, c } = establish()
  c.write(Uint8Array.of(0xab, 0xcd, 0x01), 0, 3)
  peer.send({ flags: '.', seq: 1, ack: 1, length: 2 })
  peer.send({ flags: '.', seq: 11, ack: 1, length: 2 })
  peer.stack.ping(PEER_IP, 4)
  const saved = peer.stack.save()
  expect(JSON.parse(JSON.stringify(saved))).toEqual(saved)
  expect(saved.neighbours).toEqual([
    { ip: PEER_IP, mac: '02:00:00:00:00:02', known: true, tries: 0, dueNs: -1, staleNs: 1200e9 },
  ])
  const [connection] = saved.connections
  expect(connection.tcb.sndUna).toBe((OWN_ISS + 1) | 0)
  expect([connection.unacknowledged, connection.unread]).toEqual(['abcd01', '070e'])
  const start = (PEER_ISS + 11) | 0
  expect(connection.ranges).toEqual([{ start, end: (start + 2) | 0, bytes: '4d54' }])
  expect(connection.deadlines).toEqual({ retransmission: 1e9, persist: -1, delayedAck: -1, timeWait: -1 })
  expect(saved.pings).toEqual([{ ip: PEER_IP, sequence: 4, length: 56, sentNs: 0 }])
  write(c, 10)
  expect(connection.unacknowledged).toBe('abcd01')
  expect(connection.tcb).not.toEqual(c.tcb)
})

test('an idle connection has empty buffers', () => {
  const { peer } = establish()
  const [connection] = peer.stack.save().connections
  expect([connection.unacknowledged, connection.unread, connection.ranges]).toEqual(['', '', []])
})
