// Loads @peculiar/x509 when the first certificate is made: it takes some 150 ms, and most runs need none.
import { webcrypto } from "node:crypto";

export type X509 = typeof import("@peculiar/x509");

// tsyringe, inside x509, refuses to load unless Reflect.getMetadata exists. It asks it only while its classes are defined
// and is content with "nothing known", so a stand-in while it loads is enough. A real polyfill is left as it is.
const REFLECT_NAMES = ["getMetadata", "getOwnMetadata"] as const;
const nothingKnown = () => undefined;

/** The library, using Node's WebCrypto. */
export async function loadX509(): Promise<X509> {
  for (const name of REFLECT_NAMES) {
    if (!(name in Reflect)) {
      Object.defineProperty(Reflect, name, { value: nothingKnown, configurable: true, writable: true });
    }
  }
  try {
    const x509 = await import("@peculiar/x509");
    x509.cryptoProvider.set(webcrypto);
    return x509;
  } finally {
    for (const name of REFLECT_NAMES) {
      if (Reflect.get(Reflect, name) === nothingKnown) {
        Reflect.deleteProperty(Reflect, name);
      }
    }
  }
}
