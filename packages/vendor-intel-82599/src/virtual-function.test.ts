import { virtualFunctionTests } from '@npa/vendor-intel-common/testing'
import { describe } from 'vitest'
import { vendor82599 } from './testing/vendor.js'

describe.each([64, 32] as const)('%i pools', (pools) => {
  virtualFunctionTests(vendor82599(pools))
})
