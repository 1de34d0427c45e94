// mitmproxy's operators (mitmproxy/flowfilter.py), where the idea is the same: each is short for something in our own language.

export interface Tilde {
  readonly name: string;
  readonly argument: "pattern" | "status" | undefined;
  readonly help: string;
  /** The fields that the pattern may match, or the flag; any of them. */
  readonly fields: readonly string[];
}

export const TILDES: readonly Tilde[] = [
  { name: "u", argument: "pattern", help: "path matches, in any case", fields: ["method"] },
  { name: "m", argument: "pattern", help: "the same: a method of gRPC is its path", fields: ["method"] },
  { name: "d", argument: "pattern", help: "authority matches", fields: ["authority"] },
  { name: "c", argument: "status", help: "status, by name or number", fields: ["status"] },
  { name: "e", argument: undefined, help: "ended with an error", fields: ["error"] },
  { name: "q", argument: undefined, help: "in flight", fields: ["open"] },
  { name: "s", argument: undefined, help: "the server has sent something", fields: ["ttfb"] },
  { name: "h", argument: "pattern", help: 'any metadata matches as "name: value"', fields: ["metadata", "trailer"] },
  { name: "hq", argument: "pattern", help: "the same in the request", fields: ["client.metadata"] },
  { name: "hs", argument: "pattern", help: "the same in the response", fields: ["server.metadata", "trailer"] },
  { name: "b", argument: "pattern", help: "any message matches, as JSON or as it is", fields: ["message"] },
  { name: "bq", argument: "pattern", help: "the same of the client", fields: ["client.message"] },
  { name: "bs", argument: "pattern", help: "the same of the server", fields: ["server.message"] },
  { name: "all", argument: undefined, help: "every call", fields: [] },
];

export function tildeNamed(name: string): Tilde | undefined {
  return TILDES.find((tilde) => tilde.name === name);
}
