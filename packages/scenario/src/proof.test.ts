import { Frame, FRAME_WORDS } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'
import { describe, expect, test } from 'vitest'
import { COST_PROFILES } from './cost/profiles.js'
import { runScenario } from './run-scenario.js'
import type { Simulation } from './simulation.js'
import { roundTrip, smallScenario, streamPhaseOf, switchPhaseOf } from './testing/scenarios.js'

const FRAMES = 600

test('a round trip loses, doubles and reorders nothing, and gives everything back', () => {
  const result = runScenario({ scenario: roundTrip(FRAMES) })
  expect(result.findings).toEqual([])
  expect(result.verdict).toBe('pass')
  expect(result.leaks).toBe(0)
  expect(result.switches.map(({ vm, to }) => `${vm} ${to}`)).toEqual([
    'vm-a passthrough',
    'vm-b passthrough',
    'vm-a emulated',
    'vm-b emulated',
  ])
  const through = result.phases[3]
  expect(through).toMatchObject({ name: 'through', mode: 'passthrough', vmExits: 0, cpuCopies: 0 })
  expect(through.dmaBytes).toBeGreaterThan(through.tx.bytes * 2)
})

describe('nobody in between', () => {
  /** Replaces every way from a guest's frames to hypervisor code by one that throws. */
  function forbidHypervisor(simulation: Simulation): () => void {
    const undo: (() => void)[] = []
    const forbid = (object: object, method: string): void => {
      const own = Object.getOwnPropertyDescriptor(object, method)
      Object.defineProperty(object, method, {
        configurable: true,
        value: () => {
          throw new Error(`hypervisor code ran in passthrough: ${method}`)
        },
      })
      undo.push(() => {
        if (own === undefined) Reflect.deleteProperty(object, method)
        else Object.defineProperty(object, method, own)
      })
    }
    for (const { vm } of simulation.guests) {
      for (const method of ['barRead', 'barWrite', 'configRead', 'configWrite', 'raiseEvent']) forbid(vm.device, method)
      for (const method of ['send', 'room']) forbid(vm.device.port, method)
      for (const method of ['send', 'deliver', 'deliverFlooded']) forbid(vm.port, method)
      for (const method of ['step', 'implementation']) forbid(vm.passthrough, method)
    }
    for (const { vswitch, driver } of simulation.hosts) {
      for (const method of ['send', 'room']) forbid(vswitch.uplinkFace, method)
      for (const method of ['start', 'drain']) forbid(driver, method)
      forbid(driver.uplink, 'send')
    }
    return () => {
      for (const restore of undo) restore()
    }
  }

  test('in passthrough the stream goes on with the hypervisor and the emulated data path replaced by throwing proxies', () => {
    let restore: (() => void) | undefined
    const result = runScenario({
      scenario: roundTrip(FRAMES),
      onPhase: ({ name }, simulation) => {
        restore?.()
        restore = name === 'through' ? forbidHypervisor(simulation) : undefined
      },
    })
    expect(result.verdict).toBe('pass')
    expect(result.phases[3].tx.frames).toBeGreaterThanOrEqual(FRAMES)
  })

  test('the proxies do throw: in emulation the first frame meets them', () => {
    expect(() =>
      runScenario({
        scenario: smallScenario([streamPhaseOf('stream', 'emulated', 50)]),
        onPhase: ({ name }, simulation) => {
          if (name === 'stream') forbidHypervisor(simulation)
        },
      }),
    ).toThrow(/hypervisor code ran in passthrough/)
  })

  test('in emulation no register of a VF is touched', () => {
    const direct: number[] = []
    runScenario({
      scenario: roundTrip(FRAMES),
      onPhase: (_, { guests }) => {
        direct.push(guests[0].vm.counts.direct)
      },
    })
    const [boot, before, into, through, out, after] = direct
    expect([boot, before, into]).toEqual([0, 0, 0])
    expect(through).toBeGreaterThan(0)
    expect(out).toBeGreaterThan(through)
    expect(after).toBeGreaterThanOrEqual(out)
  })
})

describe('a protection that is broken on purpose turns the verdict', () => {
  /** Lets `meddle` see and change every call of a port's `send`. */
  function intercept(
    port: Port,
    meddle: (batch: FrameBatch, from: number, count: number, send: Port['send']) => number,
  ): void {
    const send: Port['send'] = port.send.bind(port)
    port.send = (batch, from, count) => meddle(batch, from, count, send)
  }

  const emulated = smallScenario([streamPhaseOf('stream', 'emulated', FRAMES)])

  test('a frame dropped in the virtual switch without being counted', () => {
    let frames = 0
    const result = runScenario({
      scenario: emulated,
      prepare: ({ guests }) => {
        intercept(guests[0].vm.device.port, (batch, from, count, send) => {
          for (let i = from; i < from + count; i++) {
            if (++frames !== 100) send(batch, i, 1)
          }
          return count
        })
      },
    })
    expect(result.verdict).toBe('fail')
    expect(result.findings.join()).toMatch(/1 frames were lost, and 0 drops were counted/)
  })

  test('a frame sent twice', () => {
    let frames = 0
    const result = runScenario({
      scenario: emulated,
      prepare: ({ guests }) => {
        intercept(guests[0].vm.device.port, (batch, from, count, send) => {
          for (let i = from; i < from + count; i++) {
            send(batch, i, 1)
            if (++frames === 100) send(batch, i, 1)
          }
          return count
        })
      },
    })
    expect(result.verdict).toBe('fail')
    expect(result.findings.join()).toMatch(/1 frames arrived twice/)
  })

  test('a frame overtaken', () => {
    let frames = 0
    const result = runScenario({
      scenario: emulated,
      prepare: ({ guests }) => {
        intercept(guests[0].vm.device.port, (batch, from, count, send) => {
          if ((frames += count) > 100 && count >= 2) {
            frames = -1e9
            send(batch, from + 1, 1)
            send(batch, from, 1)
            return 2
          }
          return send(batch, from, count)
        })
      },
    })
    expect(result.verdict).toBe('fail')
    expect(result.findings.join()).toMatch(/1 frames arrived out of order/)
  })

  test('a byte changed', () => {
    let frames = 0
    const result = runScenario({
      scenario: emulated,
      prepare: ({ guests, arena }) => {
        intercept(guests[0].vm.device.port, (batch, from, count, send) => {
          frames += count
          if (frames > 100) {
            frames = -1e9
            arena.u8[batch.words[from * FRAME_WORDS + Frame.address] + 60] ^= 1
          }
          return send(batch, from, count)
        })
      },
    })
    expect(result.verdict).toBe('fail')
    expect(result.findings.join()).toMatch(/nobody sent like this/)
  })

  test('a buffer kept', () => {
    const result = runScenario({
      scenario: emulated,
      prepare: ({ guests }) => {
        guests[1].shell.buffers.alloc()
      },
    })
    expect(result.verdict).toBe('fail')
    expect(result.leaks).toBe(1)
    expect(result.findings.join()).toMatch(/vm-b.packetBuffers: 1 not given back/)
  })

  test.each([
    ['setMac', switchPhaseOf('into', 'passthrough', FRAMES)],
    ['setRxMode', switchPhaseOf('into', 'passthrough', FRAMES)],
  ])('the filter write of %s forgotten on the way in', (forgotten, phase) => {
    const result = runScenario({
      scenario: smallScenario([phase, { name: 'announce', mode: 'passthrough' }]),
      prepare: ({ hosts }) => {
        const { driver } = hosts[0]
        const start = driver.start.bind(driver)
        driver.start = (op, done) => {
          if (op.op === forgotten) done('ok', {})
          else start(op, done)
        }
      },
      onPhase: ({ name }, { guests }) => {
        if (name === 'announce') guests[1].stack.announce()
      },
    })
    expect(result.verdict).toBe('fail')
  })

  test('descriptors that the VF had fetched and sent, taken for unfetched and submitted again', () => {
    const result = runScenario({
      scenario: roundTrip(FRAMES),
      prepare: ({ hosts }) => {
        const { driver } = hosts[0]
        const start = driver.start.bind(driver)
        let forget = (): void => undefined
        driver.start = (op, done) => {
          if (op.op === 'init') {
            const { window, tx } = op.init
            // DD of every descriptor: word 3, bit 0
            forget = () => {
              for (let i = 0; i < tx[0].size; i++) window[(tx[0].offset >> 2) + i * 4 + 3] &= ~1
            }
          }
          start(op, (status, answer) => {
            if (op.op === 'quiesce') forget()
            done(status, answer)
          })
        }
      },
    })
    expect(result.verdict).toBe('fail')
    expect(result.findings.join()).toMatch(/frames arrived twice/)
  })

  test('a filter write forgotten on the way out, and the default pool off that would make it good', () => {
    const result = runScenario({
      scenario: roundTrip(FRAMES),
      prepare: ({ hosts }) => {
        const { driver, root } = hosts[0]
        const pf = root.mmio(root.rids()[0], 0)
        const start = driver.start.bind(driver)
        driver.start = (op, done) => {
          if (op.op === 'pfAddMacFilter') {
            // PFVTCTL.DIS_DEF_POOL
            pf.write32(0x51b0, (pf.read32(0x51b0) | (1 << 29)) >>> 0)
            done('ok', {})
          } else start(op, done)
        }
      },
    })
    expect(result.verdict).toBe('fail')
  })
})

describe('costs', () => {
  const scenario = roundTrip(FRAMES)
  const plain = runScenario({ scenario })

  test('doubling one constant changes the figure it is in by exactly its events, and nothing else', () => {
    const { nehalem } = COST_PROFILES
    const vmExit = { ...nehalem.vmExit, cycles: nehalem.vmExit.cycles * 2 }
    const dearer = runScenario({ scenario, costs: { ...nehalem, vmExit } })
    dearer.phases.forEach((phase, i) => {
      const before = plain.phases[i]
      const { hostCyclesPerFrame, ...rest } = phase
      const { hostCyclesPerFrame: hostBefore, ...restBefore } = before
      expect(rest).toEqual(restBefore)
      const predicted = before.tx.frames === 0 ? 0 : (before.vmExits * nehalem.vmExit.cycles) / before.tx.frames
      expect(hostCyclesPerFrame).toBeCloseTo(hostBefore + predicted, 0)
    })
    expect(dearer.switches).toEqual(plain.switches)
  })

  test('passthrough costs the host nothing per frame and the guest no more than emulation', () => {
    const [, before, , through] = plain.phases
    expect(through.hostCyclesPerFrame).toBe(0)
    expect(before.hostCyclesPerFrame).toBeGreaterThan(1000)
    expect(through.guestCyclesPerFrame).toBeLessThanOrEqual(before.guestCyclesPerFrame)
  })
})
