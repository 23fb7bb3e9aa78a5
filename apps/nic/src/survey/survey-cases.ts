import { PEER_IP } from '../wire/peer-wire.js'

/** A fault that a driver is to meet. */
export interface SurveyCase {
  /** As `npa-nic ctl` takes it. */
  readonly fault: string
  /** What the guest does meanwhile, beside pinging. */
  readonly meanwhile?: string
}

/** A virtual function's interface goes down and up: its driver talks to the physical one's over the mailbox. */
const VF_DOWN_UP = 'ip link set vf0 down; ip link set vf0 up; sleep 3'
const VF_PROMISCUOUS = 'ip link set vf0 promisc on; ip link set vf0 promisc off; sleep 1'
/** Both rings write back between two interrupts: segments go, acknowledgements come. */
const STREAM = `iperf3 -c ${PEER_IP} -B 192.168.77.1 -t 3 > /dev/null`

/** What Linux's ixgbe and ixgbevf, or igb and igbvf, are asked. */
export function surveyCases(pf: string): SurveyCase[] {
  return [
    { fault: 'link-down function=pf' },
    { fault: 'link-down function=pf flap=200ms' },
    { fault: 'mailbox-silent function=vf0', meanwhile: VF_DOWN_UP },
    { fault: 'mailbox-nack function=vf0', meanwhile: VF_DOWN_UP },
    { fault: 'mailbox-garbage function=vf0', meanwhile: `${VF_PROMISCUOUS}; ${VF_DOWN_UP}` },
    { fault: 'interrupt-lost function=vf0' },
    { fault: 'interrupt-lost function=vf0 share=0.3' },
    { fault: 'interrupt-lost function=pf' },
    { fault: 'interrupt-spurious function=vf0 every=2ms' },
    { fault: 'interrupt-spurious function=pf every=2ms' },
    { fault: 'write-back-delayed function=vf0 by=5ms' },
    { fault: 'write-back-reordered function=vf0', meanwhile: STREAM },
    { fault: 'descriptor-error function=vf0 what=frame' },
    { fault: 'descriptor-error function=vf0 what=checksum' },
    { fault: 'malicious-driver function=vf0' },
    { fault: 'malicious-driver function=pf' },
    { fault: 'buffer-exhaustion function=pf times=4' },
    { fault: 'function-reset function=vf0 how=register' },
    { fault: 'function-reset function=vf0 how=flr' },
    { fault: 'function-reset function=pf how=register' },
    { fault: 'surprise-removal function=vf0' },
    { fault: 'eeprom-checksum function=pf', meanwhile: `rmmod ${pf}; modprobe ${pf}; sleep 1` },
    { fault: 'surprise-removal function=pf' },
  ]
}
