// The few names of the host that pure folders may use: they exist in Node and in every browser (WHATWG Encoding, ECMA timing).
declare class TextDecoder {
  constructor(label?: string, options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean });
  decode(input?: Uint8Array): string;
}
declare class TextEncoder {
  encode(input?: string): Uint8Array;
}
