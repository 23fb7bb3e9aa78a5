import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command as PciCommand, Header as Config } from '@npa/pci'
import { Bar, Cmd, Pt, RxMode, RxQueue, Shared, SHARED_MAGIC, TxDesc, TxQueue, Vd } from '@npa/vmxnet3-spec'
import { arp, BROADCAST, ethernet, u32be } from '@npa/wire'
import { expect, test } from 'vitest'
import { Command, Region } from './protocol.js'
import { Client, irqPayload, mapPayload, words } from './testing/client.js'
import { serveVmxnet3 } from './testing/nic-server.js'

const BYTES = 0x10000
/** Where things lie in the guest's memory, which starts at bus address 0. */
const At = {
  shared: 0x1000,
  table: 0x1400,
  tx: 0x2000,
  txComp: 0x3000,
  rx: 0x4000,
  rxComp: 0x5000,
  out: 0x6000,
  in: 0x7000,
} as const
const TABLE_BAR = 0xfe000000
const MAC = Uint8Array.of(0x02, 0x11, 0x22, 0x33, 0x44, 0x55)
const IP = 0x0a000001
const PEER_IP = 0x0a000002

/** The least that a driver writes: one queue of each kind, 32 descriptors each, all on vector 0. */
function sharedArea(): Buffer {
  const ram = Buffer.alloc(BYTES)
  const put = (at: number, value: number): number => ram.writeUInt32LE(value >>> 0, at)
  put(At.shared + Shared.magic, SHARED_MAGIC)
  put(At.shared + Shared.queueTableAddress, At.table)
  put(At.shared + Shared.queueTableLength, 512)
  ram[At.shared + Shared.txQueues] = 1
  ram[At.shared + Shared.rxQueues] = 1
  put(At.shared + Shared.rxMode, RxMode.unicast)
  put(At.table + TxQueue.ringAddress, At.tx)
  put(At.table + TxQueue.ringSize, 32)
  put(At.table + TxQueue.compRingAddress, At.txComp)
  put(At.table + TxQueue.compRingSize, 32)
  const rx = At.table + 256
  put(rx + RxQueue.ringAddress, At.rx)
  put(rx + RxQueue.ringSize, 32)
  put(rx + RxQueue.compRingAddress, At.rxComp)
  put(rx + RxQueue.compRingSize, 32)
  put(At.rx, At.in)
  put(At.rx + 8, 2048 | 0x80000000)
  return ram
}

test('a vmxnet3 behind the socket: a driver finds it, asks who has 10.0.0.2, and is interrupted by the answer', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-user-'))
  const memory = path.join(folder, 'memory')
  const nic = await serveVmxnet3(path.join(folder, 'socket'), memory)
  const it = await Client.connect(path.join(folder, 'socket'))
  try {
    const ram = sharedArea()
    ethernet.emit(ram, At.out, BROADCAST, MAC, ethernet.EtherType.arp)
    arp.emit(ram, At.out + ethernet.HEADER_BYTES, arp.Operation.request, MAC, IP, new Uint8Array(6), PEER_IP)
    ram.writeUInt32LE(At.out, At.tx)
    ram.writeUInt32LE(60 | TxDesc.gen, At.tx + 8)
    ram.writeUInt32LE(TxDesc.eop | TxDesc.cq, At.tx + 12)
    fs.writeFileSync(memory, ram)

    await it.version()
    expect(await it.errno(Command.dmaMap, mapPayload(0, BYTES, 0))).toBe(0)
    expect(await it.read32(Region.config, Config.vendor)).toBe(0x07b015ad)
    await it.write32(Region.config, Config.bar0 + 4 * Bar.msix, TABLE_BAR)
    await it.write32(Region.config, Config.command, PciCommand.memory | PciCommand.busMaster)
    await it.write32(Region.config, 0x9c, 0x80000000)
    it.bus.set(TABLE_BAR, words(0xfee01000, 0, 0x41, 0))
    expect(await it.errno(Command.deviceSetIrqs, irqPayload(0x24, 2, 0, 1))).toBe(0)

    expect(await it.read32(Bar.control, Vd.vrrs)).toBe(3)
    await it.write32(Bar.control, Vd.dsal, At.shared)
    await it.write32(Bar.control, Vd.cmd, Cmd.activateDev)
    expect(await it.read32(Bar.control, Vd.cmd)).toBe(0)
    await it.write32(Bar.data, Pt.imr, 0)
    await it.write32(Bar.data, Pt.txProd, 1)

    const received = (): Buffer | undefined => {
      const now = fs.readFileSync(memory)
      return now.readUInt32LE(At.rxComp + 12) >>> 31 === 1 ? now.subarray(At.in, At.in + 60) : undefined
    }
    const answer = await it.until(() => (it.interrupts.length > 0 ? received() : undefined))
    expect(answer.subarray(0, 6)).toEqual(Buffer.from(MAC))
    expect(u32be(answer, ethernet.HEADER_BYTES + 14)).toBe(PEER_IP)
    expect(it.interrupts[0]).toEqual([0xfee01000, 0x41])
    expect(fs.readFileSync(memory).readUInt32LE(At.txComp + 12) >>> 31).toBe(1)
  } finally {
    it.socket.destroy()
    await nic.server.close()
    nic.scheduler.stop()
    fs.rmSync(folder, { recursive: true })
  }
})
