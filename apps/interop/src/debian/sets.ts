import type { PackageSet } from './cache.js'

/** QEMU of at least 10.1 serves as the machine: older ones have no vfio-user-pci. In order of preference. */
export const qemuSets: readonly PackageSet[] = [
  qemu('forky', ['forky']),
  qemu('trixie', ['trixie-backports', 'trixie']),
]

/** What runs in the guest. */
export const toolSet: PackageSet = {
  name: 'tools-bookworm',
  suites: ['bookworm'],
  packages: ['busybox-static', 'ethtool', 'iperf3', 'iproute2'],
  wanted: (name) => !/^(debconf|perl|cdebconf|dpkg|tar|gcc-)/.test(name),
  title: (name) => name === 'busybox-static',
}

/** The kernels that the drivers come from, by the name that rows call them. */
export const kernelSets = { '6.1': kernel('bookworm'), '7': kernel('forky') } as const

/** Names one of `kernelSets`. */
export type KernelName = keyof typeof kernelSets

/** In the order in which they are let loose. */
export const kernelNames: readonly KernelName[] = ['6.1', '7']

function qemu(name: string, suites: readonly string[]): PackageSet {
  return {
    name: `qemu-${name}`,
    suites,
    packages: ['qemu-system-x86'],
    // They come with it and are big, and what QEMU links to is in their libraries.
    wanted: (name) => !/^(systemd|perl.*|debconf)$/.test(name),
    title: (name) => name === 'qemu-system-x86',
  }
}

/** The generic kernel; newer suites keep image and modules in packages of their own. */
function kernel(suite: string): PackageSet {
  return {
    name: `linux-${suite}`,
    suites: [suite],
    packages: ['linux-image-amd64'],
    wanted: (name) => /^linux-(image|binary|modules)-\d/.test(name),
    title: (name) => /^linux-(image|binary)-\d/.test(name),
  }
}
