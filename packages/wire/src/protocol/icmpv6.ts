/** Message types (RFC 4443; neighbour discovery RFC 4861; listeners RFC 2710 and 3810). */
export const Type = {
  unreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echoRequest: 128,
  echoReply: 129,
  listenerQuery: 130,
  listenerReport: 131,
  listenerDone: 132,
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighborSolicitation: 135,
  neighborAdvertisement: 136,
  listenerReportV2: 143,
} as const
