// Numbers as the network writes them.

/** The four octets at a place, most significant first (RFC 9113 §2.2). */
export const uint32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[(at + 1) | 0]! << 16) | (bytes[(at + 2) | 0]! << 8) | bytes[(at + 3) | 0]!) >>> 0;
