// Octets as text, one char each: how fields have them, and what gathers text takes.

export function textOfOctets({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}

export function octetsOfText(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}
