import { virtualFunctionTests } from '@npa/vendor-intel-common/testing'
import { VENDOR_82576 } from './testing/vendor.js'

virtualFunctionTests(VENDOR_82576)
