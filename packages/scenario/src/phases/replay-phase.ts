import type { RawSocket } from '@npa/guest-stack'
import { MAC_BYTES, macEqual, readPcap, vlan } from '@npa/wire'
import type { PcapPackets } from '@npa/wire'
import { runUntil } from './phase-run.js'
import type { PhaseRun } from './phase-run.js'
import { isReceiver, sameFrame } from './replay-frame.js'

/** Longer than any frame that a packet buffer holds, and its tag. */
const MAX_FRAME = 20480

interface Player {
  readonly mac: Uint8Array
  /** VLANs whose tagged frames it gets. */
  readonly vlans: readonly number[]
  readonly socket: RawSocket
  /** Frames of the file that this VM must get, by number, and how many of them it has. */
  readonly expected: number[]
  got: number
  wrong: number
  /** Called for every frame that it gets. */
  onFrame: () => void
}

/**
 * Replays a capture: each frame is sent by the VM that has its source address, past the stack, in file order; what the other VMs get
 * is compared with the file, padding apart. Frames of no VM are a finding: nobody could send them.
 */
export function replayPhase(run: PhaseRun, file: string, bytes: Uint8Array): void {
  const packets = readPcap(bytes)
  // a frame as it was on the wire: drivers hand the tag over beside it
  const scratch = new Uint8Array(MAX_FRAME)
  const players = run.guests.map((guest): Player => {
    guest.stack.muted = true
    const player: Player = {
      mac: guest.shell.mac,
      vlans: guest.vlans,
      socket: guest.stack.raw((u8, at, length, frame) => {
        scratch.set(u8.subarray(at, at + length))
        if (frame.vlan >= 0) vlan.insert(scratch, 0, length, frame.vlan)
        take(player, bytes, packets, scratch, 0, frame.vlan >= 0 ? length + vlan.TAG_BYTES : length)
        player.onFrame()
        return true
      }),
      expected: [],
      got: 0,
      wrong: 0,
      onFrame: () => undefined,
    }
    return player
  })
  const stray = play(run, bytes, packets, players)
  run.guests.forEach((guest, i) => {
    const { expected, got, wrong } = players[i]
    if (got < expected.length || wrong > 0) {
      run.findings.push(
        `${file}: ${guest.name} got ${got} of ${expected.length} frames, ${wrong} of them not as in the file`,
      )
    }
    players[i].socket.close()
    guest.stack.muted = false
  })
  if (stray > 0) run.findings.push(`${file}: ${stray} frames have the source address of no VM`)
}

function play(run: PhaseRun, bytes: Uint8Array, packets: PcapPackets, players: readonly Player[]): number {
  let next = 0
  let stray = 0
  let last: Player | undefined
  const arrived = (): boolean => players.every((player) => player.got + player.wrong >= player.expected.length)
  const pump = (): void => {
    for (; next < packets.count; next++) {
      const at = packets.offsets[next]
      const sender = players.find((player) => macEqual(bytes, at + MAC_BYTES, player.mac, 0))
      if (sender === undefined) {
        stray++
        continue
      }
      // an answer is not sent before what it answers has arrived: so both ends see the order of the file
      if (sender !== last && !arrived()) return
      if (!sender.socket.send(bytes, at, packets.lengths[next])) return
      last = sender
      expect(bytes, at, packets.lengths[next], next, sender, players)
    }
  }
  for (const player of players) {
    player.socket.onDrained = pump
    player.onFrame = pump
  }
  pump()
  runUntil(run, 'the replay did not end', () => next === packets.count && arrived())
  return stray
}

function expect(
  bytes: Uint8Array,
  at: number,
  length: number,
  number: number,
  sender: Player,
  players: readonly Player[],
): void {
  for (const player of players) {
    if (player !== sender && isReceiver(bytes, at, length, player)) player.expected.push(number)
  }
}

function take(
  player: Player,
  file: Uint8Array,
  packets: PcapPackets,
  u8: Uint8Array,
  at: number,
  length: number,
): void {
  const number = player.expected[player.got + player.wrong]
  if (sameFrame(file, packets.offsets[number], packets.lengths[number], u8, at, length)) player.got++
  else player.wrong++
}
