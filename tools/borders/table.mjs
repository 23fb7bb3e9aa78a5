/**
 * The borders of the repository: which folder may import what. The longest matching folder decides for a file.
 *
 * - `imports`: what its sources may import: packages with their subpaths, exactly as written in the import; `node:` modules by
 *   name; `./folder` for another row of the same package, whose parent row is always open.
 * - `tests`: what its tests (`*.test.ts` and `testing/`) may import besides; all tests may use Node, vitest and fast-check.
 * - `impure`: sources may use the clock, the timers and the randomness of the JavaScript host. Elsewhere these are handed in.
 */
const guestApi = ['@npa/plugin-api/guest', '@npa/plugin-api/layout']
const hostApi = ['@npa/plugin-api/host', '@npa/plugin-api/layout']
const imageApi = ['@npa/plugin-api/image']
const hardware = ['@npa/core', '@npa/memory', '@npa/wire', '@npa/pci']
const chips = ['@npa/sriov-nic', '@npa/sriov-nic/suite', '@npa/sriov-nic/intel-82576', '@npa/sriov-nic/intel-82599']
const vendors = ['82576', '82599'].flatMap((chip) =>
  ['plugin', 'pf', 'image'].map((part) => `@npa/vendor-intel-${chip}/${part}`),
)
const intel = (part) => ['@npa/vendor-intel-common/layout', `@npa/vendor-intel-common/${part}`]
const intelTests = ['@npa/vendor-intel-common/testing', ...chips]
const intelVendor = (folder) => ({
  [folder]: { imports: ['@npa/vendor-intel-common/layout'], tests: intelTests },
  [`${folder}/src/plugin`]: {
    imports: ['@npa/core', ...guestApi, ...intel('plugin')],
    tests: [...hardware, ...hostApi, ...intelTests],
  },
  [`${folder}/src/pf`]: { imports: [...hardware, ...hostApi, ...intel('pf')], tests: intelTests },
  [`${folder}/src/image`]: { imports: ['./plugin', '@npa/core', ...guestApi, ...imageApi] },
})
const everyPackage = [
  ...hardware,
  ...guestApi,
  ...hostApi,
  ...imageApi,
  ...chips,
  ...vendors,
  '@npa/vmxnet3-spec',
  '@npa/vmxnet3-device',
  '@npa/vmxnet3-shell',
  '@npa/guest-stack',
  '@npa/hypervisor',
]

export const table = {
  'packages/core': { imports: [] },
  'packages/ring-datapath': { imports: [], tests: ['rolldown', 'playwright-core', '@vitest/expect'] },
  'packages/memory': { imports: ['@npa/core'] },
  'packages/wire': { imports: ['@npa/core', '@npa/memory'] },
  'packages/pci': { imports: ['@npa/core', '@npa/memory'] },
  'packages/remote': {
    imports: ['@npa/core', '@npa/memory', '@npa/pci', '@npa/ring-datapath', '@npa/wire'],
    tests: [...chips, 'rolldown'],
  },
  'packages/plugin-api': { imports: ['@npa/core', '@noble/hashes/*'] },
  'packages/vmxnet3-spec': { imports: [] },

  'packages/vmxnet3-device': { imports: [...hardware, '@npa/vmxnet3-spec'] },
  'packages/sriov-nic': { imports: hardware },
  'packages/vendor-intel-common': { imports: [] },
  'packages/vendor-intel-common/src/plugin': { imports: ['./layout', '@npa/core', ...guestApi] },
  'packages/vendor-intel-common/src/pf': { imports: ['./layout', ...hardware, ...hostApi] },
  'packages/vendor-intel-common/src/testing': { imports: [], tests: [...hardware, ...guestApi, ...hostApi, ...chips] },
  ...intelVendor('packages/vendor-intel-82576'),
  ...intelVendor('packages/vendor-intel-82599'),

  'packages/vmxnet3-shell': {
    imports: ['@npa/core', ...guestApi, ...imageApi, '@npa/vmxnet3-spec'],
    tests: [...hardware, '@npa/vmxnet3-device', '@npa/guest-stack'],
  },
  'packages/guest-stack': { imports: ['@npa/core', '@npa/wire'], tests: ['@npa/memory'] },
  'packages/link-partner': { imports: ['@npa/core', '@npa/memory', '@npa/wire', '@npa/guest-stack'] },
  'packages/hypervisor': {
    imports: [
      ...hardware,
      ...hostApi,
      ...imageApi,
      '@npa/vmxnet3-spec',
      '@npa/vmxnet3-device',
      'spdx-expression-parse',
      'spdx-satisfies',
    ],
    tests: [...guestApi, ...chips, ...vendors, '@npa/vmxnet3-shell', '@npa/guest-stack'],
  },

  'packages/qtest': {
    imports: [
      '@npa/core',
      '@npa/pci',
      '@npa/wire',
      'node:fs',
      'node:child_process',
      'node:net',
      'node:path',
      'node:os',
    ],
    tests: ['@npa/memory', ...guestApi, ...imageApi, '@npa/vmxnet3-spec', '@npa/vmxnet3-shell'],
    impure: true,
  },
  'packages/vfio-user': {
    imports: ['@npa/core', '@npa/memory', '@npa/pci', 'node:fs', 'node:net', 'node:path'],
    tests: ['koffi', './koffi', '@npa/wire', '@npa/vmxnet3-spec', '@npa/vmxnet3-device', '@npa/guest-stack', ...chips],
    impure: true,
  },
  'packages/vfio-user/src/koffi': {
    imports: ['@npa/memory', '@npa/pci', 'node:fs', 'node:util', 'koffi'],
    impure: true,
  },
  'packages/scenario': { imports: [...everyPackage, 'zod', 'yaml'] },

  'packages/threads': {
    imports: [...everyPackage, '@npa/remote', '@npa/ring-datapath', '@npa/scenario', 'node:fs', 'node:worker_threads'],
    tests: ['rolldown'],
    impure: true,
  },

  'apps/simulator': {
    imports: [
      '@npa/core',
      '@npa/memory',
      '@npa/wire',
      '@npa/scenario',
      '@npa/threads',
      'node:*',
      'commander',
      'cli-table3',
      'zod',
    ],
    impure: true,
  },
  'apps/benchmark': {
    imports: [
      ...hardware,
      ...chips,
      '@npa/ring-datapath',
      '@npa/scenario',
      '@npa/threads',
      'node:*',
      'commander',
      'cli-table3',
      'ringbuf.js',
      'vega',
      'vega-lite',
    ],
    impure: true,
  },
  'apps/interop': {
    imports: [
      ...everyPackage,
      '@npa/link-partner',
      '@npa/qtest',
      '@npa/vfio-user',
      '@npa/vfio-user/koffi',
      '@npa/scenario',
      '@npa/interop',
      'node:*',
      'commander',
      'cli-table3',
    ],
    impure: true,
  },
  'apps/nic': {
    imports: [
      ...hardware,
      ...chips,
      '@npa/vmxnet3-spec',
      '@npa/vmxnet3-device',
      '@npa/guest-stack',
      '@npa/link-partner',
      '@npa/vfio-user',
      '@npa/vfio-user/koffi',
      '@npa/scenario',
      '@npa/interop',
      'node:*',
      'commander',
      'cli-table3',
      'zod',
    ],
    tests: ['@npa/vfio-user/testing', '@npa/memory', '@npa/pci'],
    impure: true,
  },
}
