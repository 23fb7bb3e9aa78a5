import { Queue, SendFlag, State } from '@npa/plugin-api/guest'
import { Cmd, Implementation, PluginConf, PluginStatus } from '@npa/vmxnet3-spec'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bench } from './testing/bench.js'
import type { Bench, BenchSetup } from './testing/bench.js'
import { FakeHypervisor } from './testing/hypervisor.js'
import type { FakeVmxnet3 } from './testing/vmxnet3.js'
import { ipFrame } from './testing/stack.js'
import { vendorImage, vendorScript } from './testing/vendor-plugin.js'
import type { ShellOptions } from './settings.js'

interface NpaBench extends Bench {
  readonly npa: FakeHypervisor
}

function npaBench(options: ShellOptions = {}, setup: BenchSetup = {}): NpaBench {
  const made = bench(options, setup)
  return { ...made, npa: new FakeHypervisor(made.device) }
}

function frame(mark: number, length = 60): Uint8Array {
  return new Uint8Array(length).fill(mark)
}

function marks(frames: readonly (Uint8Array | { readonly bytes: Uint8Array })[]): number[] {
  return frames.map((sent) => ('bytes' in sent ? sent.bytes[0] : sent[0]))
}

function send(b: NpaBench, ...frames: number[]): void {
  for (const mark of frames) expect(b.stack.send(frame(mark))).toBe(true)
  b.shell.flush()
  b.machine.settle()
}

/** Closes the driver and expects that it holds nothing any more. */
function close(b: NpaBench): void {
  b.shell.close()
  b.machine.settle()
  expect(b.shell.leaks()).toEqual({ buffers: 0, dmaBlocks: 0 })
  expect(b.machine.allocated.size).toBe(0)
}

describe('into passthrough and back', () => {
  test.each([false, true])('every frame goes its way, both ways (shared memory: %s)', (shared) => {
    const b = npaBench({}, { shared })
    const idle = b.shell.buffers.inUse
    send(b, 1, 2)
    b.npa.enter()
    expect(b.shell.state).toBe('passthrough')
    expect(b.shell.mode).toBe('passthrough')
    expect(b.shell.pluginName).toBe('made-up 1.2.3')
    send(b, 3, 4, 5)
    for (let i = 0; i < 100; i++) {
      expect(b.npa.receive(frame(100 + i))).toBe(true)
      b.machine.settle()
    }
    expect(marks(b.device.sent)).toEqual([1, 2])
    expect(marks(b.npa.sent)).toEqual([3, 4, 5])
    expect(marks(b.stack.received)).toEqual(Array.from({ length: 100 }, (_, i) => 100 + i))
    b.npa.quiesce()
    b.machine.settle()
    expect(b.shell.state).toBe('emulated')
    send(b, 6)
    b.device.receive(frame(7))
    b.machine.settle()
    expect(marks(b.device.sent)).toEqual([1, 2, 6])
    expect(b.stack.received[100].bytes[0]).toBe(7)
    expect(b.shell.buffers.inUse).toBe(idle)
    close(b)
  })

  test('it is told when frames stop being taken, and when they are taken again', () => {
    const flow: boolean[] = []
    const b = npaBench({ flow: (open) => flow.push(open) })
    expect(flow).toEqual([true])
    b.npa.offer()
    b.machine.settle()
    expect(flow).toEqual([true])
    b.npa.ready()
    b.machine.settle()
    expect(flow).toEqual([true, false])
    b.npa.passthrough()
    b.machine.settle()
    expect(flow).toEqual([true, false, true])
    b.npa.quiesce()
    b.machine.settle()
    expect(flow).toEqual([true, false, true, false, true])
    close(b)
  })

  test('again and again', () => {
    const b = npaBench()
    const blocks = b.machine.allocated.size
    for (let lap = 0; lap < 5; lap++) {
      b.npa.enter()
      send(b, lap)
      b.npa.quiesce()
      b.machine.settle()
      expect(b.machine.allocated.size).toBe(blocks)
    }
    expect(marks(b.npa.sent)).toEqual([0, 1, 2, 3, 4])
    expect(b.shell.statistics()).toMatchObject({ 'mode.passthrough': 5, 'mode.emulation': 6 })
    close(b)
  })

  test('the software plugin keeps running while the plugin is loaded, and receives until passthrough', () => {
    const b = npaBench()
    b.npa.offer()
    b.machine.settle()
    expect(b.shell.state).toBe('loaded')
    send(b, 1)
    b.npa.ready()
    b.machine.settle()
    expect(b.shell.state).toBe('activated')
    expect(b.stack.send(frame(9))).toBe(false)
    b.device.receive(frame(2))
    b.machine.settle()
    expect(marks(b.stack.received)).toEqual([2])
    b.device.deaf = true
    b.device.receive(frame(3))
    b.device.deaf = false
    b.npa.receive(frame(4))
    b.npa.passthrough()
    b.machine.settle()
    expect(marks(b.stack.received)).toEqual([2, 3, 4])
    expect(b.stack.wakes).toBe(1)
    expect(b.device.active).toBe(false)
    close(b)
  })

  test('the VF is not activated before the emulated device has sent everything', () => {
    const b = npaBench()
    b.npa.offer()
    b.machine.settle()
    b.device.txHeld = true
    send(b, 1, 2)
    expect(b.stack.send(frame(3))).toBe(true) // waits for a flush that never comes
    b.npa.ready()
    b.machine.settle()
    expect(b.shell.state).toBe('draining')
    expect(b.npa.activations).toBe(0)
    b.device.txHeld = false
    b.device.transmit()
    b.machine.settle()
    expect(marks(b.device.sent)).toEqual([1, 2, 3])
    expect(b.npa.activations).toBe(1)
    close(b)
  })

  test('frames that the VF did not fetch are sent by the emulated device, first, in order and with their metadata', () => {
    const b = npaBench()
    b.npa.enter()
    b.npa.frozen = true
    for (let i = 1; i <= 9; i++) expect(b.stack.send(frame(i), { vlan: i })).toBe(true)
    b.shell.flush()
    b.npa.transmit(4)
    b.npa.receive(frame(50))
    b.npa.quiesce()
    b.stack.onWake = () => {
      b.stack.onWake = undefined
      send(b, 10)
    }
    b.machine.settle()
    send(b, 11)
    expect(marks(b.npa.sent)).toEqual([1, 2, 3, 4])
    expect(marks(b.device.sent)).toEqual([5, 6, 7, 8, 9, 11])
    expect(b.device.sent.map((sent) => sent.word3 >>> 16)).toEqual([5, 6, 7, 8, 9, 0])
    expect(marks(b.stack.received)).toEqual([50])
    close(b)
  })

  test('a VF taken by force: what it had not completed is lost and counted, the rest goes on', () => {
    const b = npaBench()
    b.npa.enter()
    b.npa.frozen = true
    send(b, 1, 2, 3)
    expect(b.stack.send(frame(4))).toBe(true) // not handed to the VF yet
    b.npa.revoke()
    b.machine.settle()
    expect(b.shell.state).toBe('emulated')
    expect(b.shell.statistics()).toMatchObject({ 'tx.revokedUncompleted': 3 })
    send(b, 5)
    expect(marks(b.device.sent)).toEqual([4, 5])
    close(b)
  })

  test('frames handed over between the loss of the window and the event that tells of it wait for the emulated device', () => {
    const b = npaBench({}, { shared: true })
    b.npa.enter()
    b.npa.frozen = true
    send(b, 1)
    b.npa.revoke()
    for (const mark of [2, 3]) expect(b.stack.send(frame(mark))).toBe(true)
    b.shell.flush()
    expect(b.npa.sent.length).toBe(0)
    b.machine.settle()
    expect(b.shell.statistics()).toMatchObject({ 'tx.revokedUncompleted': 1 })
    expect(marks(b.device.sent)).toEqual([2, 3])
    close(b)
  })

  test('events doubled, late or lost do nothing twice', () => {
    const b = npaBench()
    for (const step of [() => b.npa.offer(), () => b.npa.ready(), () => b.npa.passthrough(), () => b.npa.quiesce()]) {
      step()
      b.npa.repeat()
      b.machine.settle()
      b.npa.repeat()
      b.machine.settle()
    }
    expect(b.npa.loads).toBe(2)
    expect(b.npa.activations).toBe(1)
    expect(b.device.commands.filter((command) => command === Cmd.activateDev).length).toBe(2)
    close(b)
  })

  test('passthrough that came and went unseen', () => {
    const b = npaBench()
    b.npa.offer()
    b.machine.settle()
    b.npa.ready()
    b.machine.settle()
    b.device.deaf = true
    b.device.receive(frame(1))
    b.npa.passthrough()
    b.npa.receive(frame(2))
    b.device.deaf = false
    b.npa.quiesce()
    b.machine.settle()
    expect(b.shell.state).toBe('emulated')
    expect(marks(b.stack.received)).toEqual([1, 2])
    close(b)
  })

  test('an offer made before the driver opened is found without an event', () => {
    const npa: FakeHypervisor[] = []
    const before = (device: FakeVmxnet3): void => {
      npa.push(new FakeHypervisor(device))
      device.implementation = Implementation.offered
    }
    const b = bench({}, { before })
    expect(b.shell.state).toBe('loaded')
    close({ ...b, npa: npa[0] })
  })

  test.each(['loaded', 'draining', 'activated'])(
    'an offer withdrawn while %s leaves the emulated device at work',
    (state) => {
      const b = npaBench()
      b.npa.offer()
      b.machine.settle()
      b.device.txHeld = state === 'draining'
      send(b, 1)
      if (state !== 'loaded') b.npa.ready()
      b.machine.settle()
      expect(b.shell.state).toBe(state)
      b.npa.takeAway()
      b.device.become(Implementation.emulated)
      b.machine.settle()
      b.device.txHeld = false
      b.device.transmit()
      b.machine.settle()
      expect(b.shell.state).toBe('emulated')
      send(b, 2)
      expect(marks(b.device.sent)).toEqual([1, 2])
      b.npa.enter()
      send(b, 3)
      expect(marks(b.npa.sent)).toEqual([3])
      close(b)
    },
  )

  test('a refused activation undoes itself', () => {
    const b = npaBench()
    const idle = b.shell.buffers.inUse
    b.npa.activateResult = 1
    b.npa.offer()
    b.machine.settle()
    b.npa.ready()
    b.machine.settle()
    expect(b.shell.state).toBe('declined')
    expect(b.shell.failure?.reason).toBe('activateRefused')
    expect(b.shell.buffers.inUse).toBe(idle)
    send(b, 1)
    expect(marks(b.device.sent)).toEqual([1])
    close(b)
  })

  test('closing in any state gives everything back', () => {
    for (const steps of [0, 1, 2, 3]) {
      const b = npaBench()
      ;[() => b.npa.offer(), () => b.npa.ready(), () => b.npa.passthrough()].slice(0, steps).forEach((step) => {
        step()
        b.machine.settle()
      })
      b.npa.frozen = true
      b.device.txHeld = true
      b.stack.send(frame(1))
      b.stack.send(frame(2))
      close(b)
    }
  })

  test('whatever the hypervisor says and the stack does, no buffer and no memory is lost, no frame sent twice', () => {
    const step = fc.oneof(
      fc.constantFrom('offer', 'ready', 'passthrough', 'quiesce', 'revoke', 'withdraw', 'repeat', 'freeze', 'thaw'),
      fc.constantFrom('send', 'send', 'receive', 'receiveOnVf', 'settle', 'settle'),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (plan) => {
        const b = npaBench()
        const sent: number[] = []
        let mark = 0
        for (const what of plan) {
          if (what === 'offer') b.npa.offer()
          else if (what === 'ready') b.npa.ready()
          else if (what === 'passthrough') b.npa.passthrough()
          else if (what === 'quiesce') b.npa.quiesce()
          else if (what === 'revoke') b.npa.revoke()
          else if (what === 'repeat') b.npa.repeat()
          else if (what === 'freeze') b.npa.frozen = b.device.txHeld = true
          else if (what === 'thaw') b.npa.frozen = b.device.txHeld = false
          else if (what === 'receive') b.device.receive(frame(1))
          else if (what === 'receiveOnVf') b.npa.receive(frame(2))
          else if (what === 'settle') b.machine.settle()
          else if (what === 'withdraw') {
            b.npa.takeAway()
            b.device.become(Implementation.emulated)
          } else if (b.stack.send(frame(++mark))) sent.push(mark)
        }
        b.shell.flush()
        b.machine.settle()
        const left = [...marks(b.device.sent), ...marks(b.npa.sent)]
        expect(new Set(left).size).toBe(left.length)
        expect(left.every((one) => sent.includes(one))).toBe(true)
        close(b)
      }),
      { numRuns: 150 },
    )
  })
})

describe('an offer that cannot be taken', () => {
  const spoil =
    (word: number, value: number) =>
    (b: NpaBench): void => {
      b.npa.spoilWindow = (window) => {
        window[word] = value
      }
    }
  const image =
    (bytes: Uint8Array) =>
    (b: NpaBench): void => {
      b.npa.image = bytes
    }
  const conf =
    (offset: number, value: number) =>
    (b: NpaBench): void => {
      b.npa.spoilConf = (words) => {
        words[offset >> 2] = value
      }
    }
  const broken = vendorImage()
  broken[60] ^= 1
  const outside = 0x7ffffff0

  test.each<readonly [string, string, (b: NpaBench) => void]>([
    ['the offer is gone', 'notOffered', (b) => (b.npa.loadResult = PluginStatus.notOffered)],
    ['LOAD_PLUGIN fails', 'refused', (b) => (b.npa.loadResult = PluginStatus.invalid)],
    ['the device is gone', 'refused', (b) => (b.npa.loadResult = 0xffffffff)],
    ['an empty image', 'badSizes', conf(PluginConf.imageLength, 0)],
    ['a huge image', 'badSizes', conf(PluginConf.imageLength, 0x7fffffff)],
    ['a window that is not pages', 'badSizes', conf(PluginConf.windowLength, 5000)],
    ['a huge window', 'badSizes', conf(PluginConf.windowLength, 0x7ffff000)],
    ['another image than announced', 'badDigest', conf(PluginConf.imageDigest, 0)],
    ['a damaged image', 'badImage', image(broken)],
    ['a newer API', 'apiVersion', image(vendorImage(vendorScript(), { api: { major: 2, minor: 0 } }))],
    ['a licence that does not fit', 'license', image(vendorImage(vendorScript(), { license: 'Proprietary' }))],
    ['a script with an error', 'loader', image(vendorImage('}'))],
    ['a script without a function', 'loader', image(vendorImage('42'))],
    ['no plugin state', 'badWindow', spoil(State.magic, 0)],
    ['a window of another API', 'badWindow', spoil(State.apiVersion, 0x20000)],
    ['too many queues', 'badWindow', spoil(State.txQueues, 9)],
    ['a shared region outside', 'badWindow', spoil(State.sharedOffset, outside)],
    ['a private area outside', 'badWindow', spoil(State.privateBytes, -1)],
    ['SendInfo outside', 'badWindow', spoil(State.sendInfoOffset, outside)],
    ['SgList over the state', 'badWindow', spoil(State.sgListOffset, 0)],
    ['RecvFrame not aligned', 'badWindow', spoil(State.recvFrameOffset, 4097)],
    ['a ring outside', 'badWindow', spoil(State.txQueue + Queue.ringOffset, outside)],
    ['a ring too long', 'badWindow', spoil(State.rxQueue + Queue.ringBytes, outside)],
    ['a ring at a foreign address', 'badWindow', spoil(State.rxQueue + Queue.ringLo, 0x1000)],
    ['a ring without descriptors', 'badWindow', spoil(State.txQueue + Queue.ringSize, 0)],
    ['an interrupt that there is not', 'badWindow', spoil(State.txQueue + Queue.interrupt, 1)],
    ['an entry that fails', 'pluginRefused', image(vendorImage('(env, api) => 1'))],
    ['an entry that throws', 'pluginRefused', image(vendorImage('() => { throw new Error("no") }'))],
    ['a table left empty', 'pluginRefused', image(vendorImage('(env, api) => 0'))],
    ['a failing swInit', 'pluginRefused', image(vendorImage(vendorScript('api.swInit = () => 5')))],
  ])('%s: %s', (_, reason, prepare) => {
    const b = npaBench()
    const idle = b.shell.buffers.inUse
    prepare(b)
    b.npa.offer()
    b.machine.settle()
    expect(b.shell.state).toBe('declined')
    expect(b.shell.failure?.reason).toBe(reason)
    expect(b.shell.statistics()).toMatchObject({ 'mode.offersFailed': 1 })
    const { loads } = b.npa
    b.npa.repeat()
    b.machine.settle()
    expect(b.npa.loads).toBe(loads)
    send(b, 1)
    expect(marks(b.device.sent)).toEqual([1])
    expect(b.shell.buffers.inUse).toBe(idle)
    // the hypervisor's time is up; its next offer is a good one
    Object.assign(b.npa, { image: vendorImage(), spoilWindow: undefined, spoilConf: undefined, loadResult: undefined })
    b.npa.takeAway()
    b.device.become(Implementation.emulated)
    b.machine.settle()
    b.npa.enter()
    expect(b.shell.mode).toBe('passthrough')
    close(b)
  })

  test('no memory for it', () => {
    const b = npaBench()
    for (;;) {
      try {
        b.machine.allocDma(4096, 4096)
      } catch {
        break
      }
    }
    b.npa.offer()
    b.machine.settle()
    expect(b.shell.failure?.reason).toBe('noMemory')
    send(b, 1)
    expect(marks(b.device.sent)).toEqual([1])
  })
})

describe('a plugin that misbehaves', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['throws', 'api.checkRxRing = () => { throw new Error("oops") }', 'plugin.faults'],
    ['throws when it sends', 'api.addFrameToTxRing = () => { throw new Error("oops") }', 'plugin.faults'],
    [
      'completes too many',
      'api.checkTxRing = () => { env.shell.completeSend(0, 1000); return 0 }',
      'plugin.badCompletion',
    ],
    [
      'completes less than nothing',
      'api.checkTxRing = () => { env.shell.completeSend(0, -5); return 0 }',
      'plugin.badCompletion',
    ],
    [
      'completes on no queue',
      'api.checkTxRing = () => { env.shell.completeSend(7, 1); return 0 }',
      'plugin.badCompletion',
    ],
    [
      'asks for buffers under bad ids',
      'api.addBuffersToRxRing = () => { env.shell.allocSmallBuffer(0, -1); env.shell.allocSmallBuffer(0, 8192); env.shell.allocSmallBuffer(0, 0.5); env.shell.allocLargeBuffer(5, 0); return 0 }',
      'plugin.badBufferId',
    ],
    [
      'asks for a buffer twice',
      'api.addBuffersToRxRing = () => { env.shell.allocSmallBuffer(0, 3); env.shell.allocSmallBuffer(0, 3); return 0 }',
      'plugin.badBufferId',
    ],
    ['indicates outside checkRxRing', 'api.checkTxRing = () => { env.shell.indicateRecv(0); return 0 }', 'rx.badFrame'],
    [
      'indicates buffers that it does not have',
      'api.checkRxRing = () => { w[(w[State.recvFrameOffset] >> 2) + RecvFrame.elements] = 1; w[(w[State.recvFrameOffset] >> 2) + RecvFrame.element] = 8000; env.shell.indicateRecv(0); return 1 }',
      'rx.badFrame',
    ],
    [
      'indicates a senseless number of pieces',
      'api.checkRxRing = () => { w[(w[State.recvFrameOffset] >> 2) + RecvFrame.elements] = 99; env.shell.indicateRecv(0); return 1 }',
      'rx.badFrame',
    ],
    [
      'indicates one buffer twice',
      'api.checkRxRing = () => { const f = w[State.recvFrameOffset] >> 2; w[f + RecvFrame.elements] = 2; w[f + RecvFrame.firstOffset] = 0; w[f + RecvFrame.element] = w[f + RecvFrame.element + 2] = 0; w[f + RecvFrame.element + 1] = w[f + RecvFrame.element + 3] = 60; env.shell.indicateRecv(0); return 1 }',
      'rx.badFrame',
    ],
    [
      'indicates bytes outside a buffer',
      'api.checkRxRing = () => { const f = w[State.recvFrameOffset] >> 2; w[f + RecvFrame.elements] = 1; w[f + RecvFrame.firstOffset] = 2000; w[f + RecvFrame.element] = 0; w[f + RecvFrame.element + 1] = 60; env.shell.indicateRecv(0); return 1 }',
      'rx.badFrame',
    ],
    [
      'indicates without end',
      'const alloc = env.shell.allocSmallBuffer; api.checkRxRing = () => { const f = w[State.recvFrameOffset] >> 2; for (let i = 0; i < 100; i++) { alloc(0, 4000); w[f + RecvFrame.elements] = 1; w[f + RecvFrame.firstOffset] = 0; w[f + RecvFrame.element] = 4000; w[f + RecvFrame.element + 1] = 60; env.shell.indicateRecv(0) } api.checkRxRing = () => 0; return 1 }',
      'rx.overrun',
    ],
    [
      'claims frames that there are not',
      'api.checkRxRing = (queue, max) => { env.shell.log(1, 2, 3); return max }',
      'plugin.logs',
    ],
    [
      'reaches for registers that there are not',
      'api.enableInterrupt = () => { if (env.mmioRead32(0x10000) !== 0xffffffff) return 0; env.mmioWrite32(-4, 0); env.mmioWrite32(2, 0); env.shell.log(1, 2, 3); return 0 }',
      'plugin.logs',
    ],
    [
      'forgets its return values',
      'for (const call of Object.keys(api)) { const f = api[call]; if (call !== "swInit" && !call.startsWith("reinit")) api[call] = (...a) => { f(...a); env.shell.log(1, 2, 3) } }',
      'plugin.logs',
    ],
  ]

  test.each(cases)('%s', (_, code, counter) => {
    const b = npaBench()
    b.npa.image = vendorImage(vendorScript(code))
    b.npa.enter()
    expect(b.shell.mode).toBe('passthrough')
    b.stack.send(frame(1))
    b.shell.flush()
    b.npa.receive(frame(2))
    b.npa.repeat()
    b.machine.interrupt(0)
    b.machine.settle()
    expect(b.shell.statistics()[counter]).toBeGreaterThan(0)
    b.npa.quiesce()
    b.machine.settle()
    expect(b.shell.mode).toBe('emulated')
    send(b, 3)
    expect(marks(b.device.sent)).toContain(3)
    close(b)
  })

  test('one that is not current completes nobody else’s frames', () => {
    const b = npaBench()
    b.device.txHeld = true
    send(b, 1, 2)
    const { inUse } = b.shell.buffers
    b.npa.image = vendorImage(
      vendorScript('const init = api.swInit; api.swInit = () => { env.shell.completeSend(0, 2); return init() }'),
    )
    b.npa.offer()
    b.machine.settle()
    expect(b.shell.state).toBe('loaded')
    expect(b.shell.buffers.inUse).toBe(inUse)
    expect(b.shell.statistics()).toMatchObject({ 'plugin.badCompletion': 1 })
    close(b)
  })

  test('one that stays after its end reaches nothing', () => {
    const b = npaBench()
    b.npa.image = vendorImage(vendorScript('globalThis.npaLeftover = env'))
    b.npa.enter()
    b.npa.revoke()
    b.machine.settle()
    const idle = b.shell.buffers.inUse
    const env = (globalThis as unknown as { npaLeftover: { shell: Record<string, (...a: number[]) => number> } })
      .npaLeftover
    expect(env.shell['allocSmallBuffer'](0, 1)).toBe(0)
    env.shell['completeSend'](0, 1)
    env.shell['indicateRecv'](0)
    expect(b.shell.buffers.inUse).toBe(idle)
    close(b)
  })
})

test('the plugin sees offsets, flags and tag of a frame', () => {
  const logs: string[] = []
  const trace = { event: (component: string, what: string) => component === 'plugin' && logs.push(what) }
  const b = npaBench({ trace })
  const code =
    'const add = api.addFrameToTxRing; api.addFrameToTxRing = (q, last) => { const i = w[State.sendInfoOffset] >> 2; ' +
    'env.shell.log(w[i + SendInfo.flags], w[i + SendInfo.l4HeaderOffset], w[i + SendInfo.vlanTag]); return add(q, last) }'
  b.npa.image = vendorImage(vendorScript(code))
  b.npa.enter()
  b.stack.send(ipFrame('tcp4', 0, 1), { csumStart: 34, csumOffset: 16, vlan: 7 })
  b.stack.send(ipFrame('udp6', 0, 1))
  b.shell.flush()
  b.machine.settle()
  expect(logs).toEqual([
    `${SendFlag.vlan | SendFlag.checksum | SendFlag.ipv4} 34 7`,
    `${SendFlag.ipv6 | SendFlag.udp} 54 0`,
  ])
})
