import { same } from '../check.js'
import type { Chapter } from '../check.js'

/** Bits of the virtual function's register (82576 8.26; 82599 8.3.5.1.5), and of the PF's. */
const Vf = { req: 1, ack: 2, vfu: 4, pfu: 8, pfSts: 16, pfAck: 32, readToClear: 0xb0 }
const Pf = { sts: 1, ack: 2, vfu: 4, pfu: 8, rvfu: 16 }

/** Between virtual functions and PF (82576 7.10.2.9; 82599 7.10.2.9). */
export const mailbox: Chapter = {
  name: 'mailbox',
  questions: [
    {
      name: 'both sides see the same sixteen words, and no other function does',
      section: '82576 8.14; 82599 8.2.3.27.8',
      ask: async (bench) => {
        const { pfMemory, vfMemory } = bench.family.mailbox
        await bench.port(2)
        for (let i = 0; i < 16; i++) await bench.vfs[0].write(0, vfMemory + 4 * i, 0xa5000000 + i)
        for (let i = 0; i < 16; i++) same(`PF, word ${i}`, await bench.read(pfMemory(0) + 4 * i), 0xa5000000 + i)
        await bench.write(pfMemory(0) + 60, 0x12345678)
        same('VF 0, word 15', await bench.vfs[0].read(0, vfMemory + 60), 0x12345678)
        for (let i = 0; i < 16; i++) same(`VF 1, word ${i}`, await bench.vfs[1].read(0, vfMemory + 4 * i), 0)
      },
    },
    {
      name: 'who has taken the buffer keeps the other out',
      section: '82576 7.10.2.9.1; 82599 7.10.2.9.1',
      ask: async (bench) => {
        const { mailbox } = bench.family
        await bench.port(1)
        const [vf] = bench.vfs
        await vf.write(0, mailbox.vf, Vf.vfu)
        same('VFU, VF', (await vf.read(0, mailbox.vf)) & (Vf.vfu | Vf.pfu), Vf.vfu)
        await bench.write(mailbox.pf(0), Pf.pfu)
        same('PFU while the VF has it', (await bench.read(mailbox.pf(0))) & (Pf.vfu | Pf.pfu), Pf.vfu)
        await vf.write(0, mailbox.vf, 0)
        await bench.write(mailbox.pf(0), Pf.pfu)
        same('PFU', (await bench.read(mailbox.pf(0))) & (Pf.vfu | Pf.pfu), Pf.pfu)
        await vf.write(0, mailbox.vf, Vf.vfu)
        same('VFU while the PF has it', (await vf.read(0, mailbox.vf)) & (Vf.vfu | Vf.pfu), Vf.pfu)
      },
    },
    {
      name: "the PF can take the virtual function's hold away",
      section: '82576 8.14.2; 82599 8.2.3.27.6',
      ask: async (bench) => {
        const { mailbox } = bench.family
        await bench.port(1)
        const [vf] = bench.vfs
        await vf.write(0, mailbox.vf, Vf.vfu)
        await bench.write(mailbox.pf(0), Pf.rvfu)
        same('VFU', (await vf.read(0, mailbox.vf)) & Vf.vfu, 0)
      },
    },
    {
      name: 'a request shows at the PF, by function, until a one is written there',
      section: '82576 8.14.4; 82599 8.2.3.27.3',
      ask: async (bench) => {
        const { mailbox } = bench.family
        await bench.port(2)
        await bench.vfs[0].write(0, mailbox.vf, Vf.req)
        await bench.vfs[1].write(0, mailbox.vf, Vf.req)
        const [first, second] = [mailbox.request(0), mailbox.request(1)]
        same('requests', [await bench.bit(first), await bench.bit(second)], [1, 1])
        same('no acknowledgement', await bench.bit(mailbox.acknowledge(0)), 0)
        await bench.setBit(first)
        same('the other is left', [await bench.bit(first), await bench.bit(second)], [0, 1])
        await bench.vfs[1].write(0, mailbox.vf, Vf.ack)
        same('acknowledgement', await bench.bit(mailbox.acknowledge(1)), 1)
        await bench.setBit(mailbox.acknowledge(1))
        same('cleared', [await bench.bit(mailbox.acknowledge(1)), await bench.bit(second)], [0, 1])
      },
    },
    {
      name: "the PF's message and acknowledgement show at the virtual function until it reads them",
      section: '82576 8.26; 82599 8.3.5.1.5',
      ask: async (bench) => {
        const { mailbox } = bench.family
        await bench.port(2)
        const [vf, other] = bench.vfs
        for (const fn of bench.vfs) await fn.read(0, mailbox.vf)
        await bench.write(mailbox.pf(0), Pf.sts)
        same('the other', (await other.read(0, mailbox.vf)) & Vf.readToClear, 0)
        same('message', (await vf.read(0, mailbox.vf)) & Vf.readToClear, Vf.pfSts)
        same('read again', (await vf.read(0, mailbox.vf)) & Vf.readToClear, 0)
        await bench.write(mailbox.pf(0), Pf.ack)
        same('acknowledgement', (await vf.read(0, mailbox.vf)) & Vf.readToClear, Vf.pfAck)
        same('read again', (await vf.read(0, mailbox.vf)) & Vf.readToClear, 0)
      },
    },
    {
      name: 'a request interrupts the PF, unless its function is masked',
      section: '82576 8.14.3, 8.14.4; 82599 8.2.3.27.4',
      ask: async (bench) => {
        const { mailbox, mailboxInterrupt, name } = bench.family
        await bench.port(2)
        await bench.pf.enableMessages()
        await bench.apply(mailboxInterrupt)
        await bench.settle()
        await bench.pf.messages()
        await bench.vfs[1].write(0, mailbox.vf, Vf.req)
        await bench.settle()
        same('messages', [...new Set(await bench.pf.messages())], [0])
        await bench.write(name === '82576' ? 0xc84 : 0x720, 0xfd)
        // Causes of the first one out of the way.
        if (name === '82576') await bench.read(0xc0)
        else await bench.write(0x800, 0xffffffff)
        await bench.setBit(mailbox.request(1))
        await bench.vfs[1].write(0, mailbox.vf, Vf.req)
        await bench.settle()
        same('messages while masked', await bench.pf.messages(), [])
        same('the cause shows', await bench.bit(mailbox.request(1)), 1)
      },
    },
    {
      name: "the PF's message interrupts the virtual function by VTIVAR_MISC",
      section: '82576 7.10.2.9; 82599 8.3.5.6',
      ask: async (bench) => {
        const { mailbox, interrupts, vfVectors, interruptMode } = bench.family
        await bench.port(2)
        await bench.apply([interruptMode])
        for (const vf of bench.vfs) {
          await vf.enableMessages()
          await vf.write(0, vfVectors.mailbox, 0x82)
          await vf.write(0, interrupts.vf.autoClear, 7)
          await vf.write(0, interrupts.vf.enable, 7)
        }
        await bench.write(mailbox.pf(0), Pf.sts)
        await bench.settle()
        same('messages', [...new Set(await bench.vfs[0].messages())], [2])
        same("the other's", await bench.vfs[1].messages(), [])
      },
    },
    {
      name: 'a storm of requests of one function leaves the others as they were',
      section: '82576 7.10.2.9; 82599 7.10.2.9',
      ask: async (bench) => {
        const { mailbox } = bench.family
        await bench.port(2)
        const [stormy, quiet] = bench.vfs
        await quiet.write(0, mailbox.vf, Vf.vfu)
        for (let i = 0; i < 200; i++) await stormy.write(0, mailbox.vf, [0xffffffff, Vf.req, Vf.ack, 0][i & 3])
        same('the quiet one', (await quiet.read(0, mailbox.vf)) & (Vf.vfu | Vf.pfu), Vf.vfu)
        same('its requests', [await bench.bit(mailbox.request(1)), await bench.bit(mailbox.acknowledge(1))], [0, 0])
        same('requests', [await bench.bit(mailbox.request(0)), await bench.bit(mailbox.acknowledge(0))], [1, 1])
      },
    },
  ],
}
