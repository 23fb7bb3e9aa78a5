import { NIC_LIMITS } from './nic-models.js'
import type { Refuse } from './refuse.js'
import type { Scenario } from './scenario-shape.js'

const MIB = 1048576

/** What a host takes of the memory beside its VMs (PF driver, NIC), and a VM beside its RAM (registers, held frames), rounded up. */
const HOST_BYTES = 20 * MIB
const VM_BYTES = 2 * MIB

/** The simulation gives NICs addresses of their own from here on. */
const NIC_MACS = '02:4e:50:41:00:'

/** Names and addresses occur once; every VM of a host can have a VF, and its card as many. */
export function checkHosts({ hosts }: Scenario, refuse: Refuse): void {
  const seen = new Map<string, string>()
  const once = (what: string, key: string, path: (string | number)[]): void => {
    const other = seen.get(`${what} ${key}`)
    if (other === undefined) seen.set(`${what} ${key}`, place(path))
    else refuse(path, `the ${what} ${key} is that of ${other} already`)
  }
  hosts.forEach(({ name, nic, vms }, h) => {
    once('name', name, ['hosts', h, 'name'])
    vms.forEach((vm, v) => {
      const path = ['hosts', h, 'vms', v]
      const mac = vm.mac.toLowerCase()
      once('name', vm.name, [...path, 'name'])
      once('MAC address', mac, [...path, 'mac'])
      once('IP address', vm.ip, [...path, 'ip'])
      if (mac.startsWith(NIC_MACS)) refuse([...path, 'mac'], `addresses that start with ${NIC_MACS} are the NICs' own`)
    })
    if (nic.vfs > NIC_LIMITS[nic.model].vfs) {
      refuse(['hosts', h, 'nic', 'vfs'], `an ${nic.model} has at most ${NIC_LIMITS[nic.model].vfs} VFs`)
    }
    if (vms.length > nic.vfs) {
      refuse(['hosts', h, 'nic', 'vfs'], `${vms.length} VMs need as many VFs in passthrough, and there are ${nic.vfs}`)
    }
  })
}

/** Links join hosts that exist, each of which has one port, and are not faster than that. */
export function checkLinks({ hosts, links }: Scenario, refuse: Refuse): void {
  const names = hosts.map(({ name }) => name)
  const wired = new Set<string>()
  links.forEach(({ between, rate }, l) => {
    between.forEach((end, i) => {
      const path = ['links', l, 'between', i]
      if (!names.includes(end)) refuse(path, `no host is called ${end}: there are ${names.join(', ')}`)
      else if (wired.has(end)) refuse(path, `the NIC of ${end} has one port, and that is linked already`)
      wired.add(end)
      const model = hosts.find((host) => host.name === end)?.nic.model
      if (model !== undefined && rate > NIC_LIMITS[model].rateBps) {
        refuse(['links', l, 'rate'], `the ${model} of ${end} has a port of ${NIC_LIMITS[model].rateBps / 1e9} Gb/s`)
      }
    })
  })
}

/** Everything fits the simulation's memory. */
export function checkMemory({ hosts, memory }: Scenario, refuse: Refuse): void {
  const vms = hosts.flatMap((host) => host.vms)
  const needed = vms.reduce((sum, vm) => sum + vm.memory + VM_BYTES, hosts.length * HOST_BYTES)
  if (needed > memory) refuse(['memory'], `hosts and VMs need ${Math.ceil(needed / MIB)} MiB`)
}

/** A path as a person reads it: `hosts[0].vms[1]`, without its last key. */
function place(path: (string | number)[]): string {
  return path
    .slice(0, -1)
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${part}`))
    .join('')
}
