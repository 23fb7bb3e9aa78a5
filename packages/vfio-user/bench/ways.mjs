// `node packages/vfio-user/bench/ways.mjs [ROUNDS]`, after `npm run build`: what the accelerator gains. Pure Node and koffi are served side by side and measured in turns;
// the client is a process of its own that does blocking calls, as an emulated processor does.
import { fork } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Arena } from '@npa/memory'
import { RealScheduler, serveFunction } from '@npa/vfio-user'
import { loadAccelerator } from '@npa/vfio-user/koffi'
import koffi from 'koffi'

const MEMORY = 1 << 20
const READS = 2000
const MOVES = 20_000
const SIZES = [64, 1500, 9000]
const WAYS = ['pure Node', 'koffi']

const [, self, role = '11', folder = ''] = process.argv
if (role === 'client') client(folder)
else await measure(Number(role))

/** The least that can be plugged in: a BAR of one page, and a way to memory. */
function plainFunction() {
  const config = new DataView(new ArrayBuffer(4096))
  const fn = {
    dma: undefined,
    configRead: (at, size) => config[`getUint${8 * size}`](at, true),
    configWrite: (at, size, value) => config[`setUint${8 * size}`](at, at === 0x10 ? value & ~0xfff : 0, true),
    barRead: (_bar, at) => at,
    barWrite: () => undefined,
    attach: (dma) => (fn.dma = dma),
    reset: () => undefined,
  }
  return fn
}

async function measure(rounds) {
  const home = fs.mkdtempSync(path.join(fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'vfio-user-'))
  const memory = path.join(home, 'memory')
  fs.writeFileSync(memory, Buffer.alloc(MEMORY))
  const arena = new Arena(1 << 20)
  const chip = arena.allocate(65536)
  const scheduler = new RealScheduler()
  const fns = WAYS.map(plainFunction)
  const accelerator = await loadAccelerator()
  const common = { arena, scheduler }
  const servers = [
    await serveFunction({ ...common, fn: fns[0], socket: path.join(home, '0'), memory }),
    await serveFunction({ ...common, fn: fns[1], socket: path.join(home, '1'), accelerator }),
  ]
  const child = fork(fileURLToPath(new URL(`file://${self}`)), ['client', home])
  const answer = () => new Promise((resolve) => child.once('message', resolve))
  await answer()
  const found = new Map()
  const note = (what, way, ns) => {
    const key = `${what}|${way}`
    found.set(key, [...(found.get(key) ?? []), ns])
  }
  for (let round = -2; round < rounds; round++) {
    for (const [way, name] of WAYS.entries()) {
      child.send(way)
      const ns = await answer()
      if (round >= 0) note('register read', name, ns)
      for (const bytes of SIZES) {
        for (const [what, move] of [
          ['DMA read', (at) => fns[way].dma.read(at, 0, bytes, chip)],
          ['DMA write', (at) => fns[way].dma.write(chip, bytes, at, 0)],
        ]) {
          const began = process.hrtime.bigint()
          for (let n = 0; n < MOVES; n++) if (!move((n * 64) & 0x7ffff)) throw new Error('a transfer was refused')
          if (round >= 0) note(`${what}, ${bytes} bytes`, name, Number(process.hrtime.bigint() - began) / MOVES)
        }
      }
    }
  }
  console.log('| median of', rounds, 'rounds, us | pure Node | koffi | ratio |\n| --- | ---: | ---: | ---: |')
  for (const what of new Set([...found.keys()].map((key) => key.split('|')[0]))) {
    const [node, native] = WAYS.map((way) => found.get(`${what}|${way}`))
    const gain = median(node.map((ns, round) => ns / native[round]))
    console.log(`| ${what} | ${us(node)} | ${us(native)} | ${gain.toFixed(1)} |`)
  }
  child.disconnect()
  for (const server of servers) await server.close()
  scheduler.stop()
  fs.rmSync(home, { recursive: true })
}

function us(values) {
  return (median(values) / 1000).toFixed(2)
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

/** Connects to both servers and maps the memory; then reads registers of the one it is told. */
function client(home) {
  const library = koffi.load(null)
  const connect = library.func('int connect(int, const uint8_t *, uint32_t)')
  const socket = library.func('int socket(int, int, int)')
  const sendmsg = library.func('intptr_t sendmsg(int, void *, int)')
  const guest = library.func('int memfd_create(const char *, unsigned int)')('guest', 2)
  fs.ftruncateSync(guest, MEMORY)
  library.func('int fcntl(int, int, int)')(guest, 1033, 2)
  const fds = WAYS.map((_, way) => {
    const address = Buffer.concat([Buffer.of(1, 0), Buffer.from(`${path.join(home, String(way))}\0`)])
    const fd = socket(1, 1, 0)
    if (connect(fd, address, address.length) < 0) throw new Error('cannot connect')
    return fd
  })
  const command = (code, words) => {
    const message = Buffer.alloc(16 + 4 * words.length)
    message.writeUInt16LE(code, 2)
    message.writeUInt32LE(message.length, 4)
    for (const [i, word] of words.entries()) message.writeUInt32LE(word, 16 + 4 * i)
    return message
  }
  const reply = Buffer.alloc(4096)
  const call = (fd, message) => {
    fs.writeSync(fd, message)
    fs.readSync(fd, reply)
    if ((reply.readUInt32LE(8) & 0x20) !== 0) throw new Error(`errno ${reply.readUInt32LE(12)}`)
  }
  const map = command(2, [32, 3, 0, 0, 0, 0, MEMORY, 0])
  call(fds[0], command(1, [0]))
  call(fds[0], map)
  call(fds[1], command(1, [0]))
  // struct msghdr, struct iovec, struct cmsghdr with the descriptor
  const header = Buffer.allocUnsafeSlow(96).fill(0)
  const at = koffi.address(header)
  header.writeBigUInt64LE(at + 56n, 16)
  header.writeUInt32LE(1, 24)
  header.writeBigUInt64LE(at + 72n, 32)
  header.writeUInt32LE(20, 40)
  header.writeBigUInt64LE(koffi.address(map), 56)
  header.writeUInt32LE(map.length, 64)
  header.writeUInt32LE(20, 72)
  for (const [i, word] of [1, 1, guest].entries()) header.writeUInt32LE(word, 80 + 4 * i)
  sendmsg(fds[1], header, 0)
  fs.readSync(fds[1], reply)
  const read = command(9, [0x10, 0, 0, 4])
  process.on('message', (way) => {
    const began = process.hrtime.bigint()
    for (let n = 0; n < READS; n++) call(fds[way], read)
    process.send(Number(process.hrtime.bigint() - began) / READS)
  })
  process.send('ready')
}
