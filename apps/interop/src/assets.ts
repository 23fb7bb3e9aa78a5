import fs from 'node:fs'
import path from 'node:path'
import { withDependencies } from './boot/modules.js'
import { initramfs } from './boot/initramfs.js'
import { vmlinux } from './boot/vmlinux.js'
import { unpacked } from './debian/cache.js'
import type { PackageSet, Unpacked } from './debian/cache.js'
import { kernelSets, qemuSets, toolSet } from './debian/sets.js'
import type { KernelName } from './debian/sets.js'
import { reasonOf, Unavailable } from './unavailable.js'

/** vfio-user-pci came with it. */
const LEAST_QEMU = [10, 1]

/** A kernel ready to boot. */
export interface BootFiles {
  readonly kernel: string
  readonly initrd: string
}

/** What the court needs of other people's software, from the cache or fetched into it. */
export class Assets {
  /** What was used, by name. */
  readonly versions: Record<string, string> = {}
  readonly #cache: string
  readonly #say: (what: string) => void
  readonly #signal: AbortSignal | undefined
  readonly #sets = new Map<string, Promise<Unpacked>>()

  /** `say` hears of what is fetched; `signal` ends that. */
  constructor(cache: string, say: (what: string) => void, signal?: AbortSignal) {
    this.#signal = signal
    this.#cache = path.resolve(cache)
    this.#say = say
  }

  /** The folder of a QEMU that is new enough. Throws `Unavailable` with the reason of each suite. */
  async qemu(): Promise<string> {
    const reasons: string[] = []
    for (const set of qemuSets) {
      try {
        const found = await this.#get(set)
        const [major, minor] = found.version.replace(/^\d+:/, '').split('.').map(Number)
        if (major < LEAST_QEMU[0] || (major === LEAST_QEMU[0] && minor < LEAST_QEMU[1])) {
          throw new Unavailable(`${found.version} is older than ${LEAST_QEMU.join('.')}`)
        }
        this.versions.qemu = `${found.version} (${found.suite})`
        return found.root
      } catch (error) {
        reasons.push(`${set.suites[0]}: ${reasonOf(error)}`)
      }
    }
    throw new Unavailable(`no QEMU: ${reasons.join('; ')}`)
  }

  /** Kernel and initial file system with these modules, written into `folder`. Throws `Unavailable`. */
  async bootFiles(name: KernelName, modules: readonly string[], folder: string): Promise<BootFiles> {
    const tools = await this.#get(toolSet)
    this.versions.tools = `${tools.package} ${tools.version} (${tools.suite})`
    const found = await this.#get(kernelSets[name])
    const { release, image, home } = layout(found.root)
    if (!release.startsWith(`${name}.`)) throw new Unavailable(`${found.suite} has Linux ${release}, not ${name}`)
    this.versions[`linux ${name}`] = `${release} (${found.package} ${found.version}, ${found.suite})`
    const kernel = path.join(found.root, 'vmlinux')
    if (!fs.existsSync(kernel)) {
      fs.writeFileSync(`${kernel}.part`, vmlinux(fs.readFileSync(image)))
      fs.renameSync(`${kernel}.part`, kernel)
    }
    const initrd = path.join(folder, 'initrd')
    fs.writeFileSync(initrd, await initramfs(tools.root, release, withDependencies(home, modules)))
    return { kernel, initrd }
  }

  /** Once a run, whether it works or not. */
  #get(set: PackageSet): Promise<Unpacked> {
    const known = this.#sets.get(set.name)
    if (known !== undefined) return known
    const fresh = unpacked(this.#cache, set, this.#say, this.#signal)
    this.#sets.set(set.name, fresh)
    return fresh
  }
}

/** Where an unpacked kernel has its parts: /boot and /lib, or all below /usr/lib/modules. */
function layout(root: string): { release: string; image: string; home: string } {
  for (const tree of ['usr/lib/modules', 'lib/modules']) {
    const folder = path.join(root, tree)
    if (!fs.existsSync(folder)) continue
    const release = fs.readdirSync(folder)[0]
    const home = path.join(folder, release)
    const image = [path.join(root, 'boot', `vmlinuz-${release}`), path.join(home, 'vmlinuz')].find((file) =>
      fs.existsSync(file),
    )
    if (image !== undefined) return { release, image, home }
  }
  throw new Unavailable(`no kernel in ${root}`)
}
