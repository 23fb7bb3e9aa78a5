/** IP protocol numbers, which are IPv6 next headers too (IANA). */
export const IpProtocol = {
  hopByHop: 0,
  icmp: 1,
  tcp: 6,
  udp: 17,
  routing: 43,
  fragment: 44,
  authentication: 51,
  icmpv6: 58,
  noNext: 59,
  destinationOptions: 60,
} as const
