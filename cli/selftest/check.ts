// What a check is: one entry of a table, with a name, what it proves, and a way to run it.
import type { Fact, Lab } from "./lab.js";

export interface Check {
  /** Unique; short enough for a column. */
  readonly name: string;
  /** One sentence. */
  readonly proves: string;
  /**
   * `grpc`: every proxy must hold it, or calls break or are misread.
   * `transparent`: a proxy that passes on what it is given holds it; one that ends HTTP/2 on both sides may differ and still be right.
   */
  readonly level: "grpc" | "transparent";
  /** Only where the client speaks TLS. */
  readonly over?: "tls";
  run(lab: Lab): Promise<readonly Fact[]>;
}
