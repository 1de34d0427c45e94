// The binary metadata of OpenCensus, which is no protobuf (opencensus-specs, BinaryEncoding.md and CensusServerStatsEncoding.md).

/** One value as an object that JSON can hold; numbers of 64 bits are decimal strings, identifiers are hex. */
export type CensusValue = Readonly<Record<string, unknown>>;

/** What reads each of them, by the name of the metadata; undefined for octets that are none. */
export const CENSUS_READERS: ReadonlyMap<
  string,
  { readonly format: string; readonly read: (bytes: Uint8Array) => CensusValue | undefined }
> = new Map([
  ["grpc-trace-bin", { format: "census trace context", read: readTraceContext }],
  ["grpc-tags-bin", { format: "census tags", read: readTags }],
  ["grpc-server-stats-bin", { format: "census server stats", read: readServerStats }],
]);

/** The only version there is; it stands in the first octet. */
const VERSION = 0;

/** Fields of one octet of id and a fixed number of octets; readers stop at an id that they do not know, and so does this. */
function fixedFields(bytes: Uint8Array, sizes: readonly number[]): Map<number, Uint8Array> | undefined {
  if (bytes[0] !== VERSION) return undefined;
  const fields = new Map<number, Uint8Array>();
  for (let at = 1; at < bytes.length; ) {
    const id = bytes[at]!;
    const size = sizes[id];
    if (size === undefined) break;
    if (at + 1 + size > bytes.length) return undefined;
    fields.set(id, bytes.subarray(at + 1, at + 1 + size));
    at += 1 + size;
  }
  return fields;
}

/** BinaryEncoding.md, "Trace Context": trace-id, span-id, trace-options. */
function readTraceContext(bytes: Uint8Array): CensusValue | undefined {
  const fields = fixedFields(bytes, [16, 8, 1]);
  if (fields === undefined) return undefined;
  const [trace, span, options] = [fields.get(0), fields.get(1), fields.get(2)];
  return {
    ...(trace === undefined ? {} : { traceId: hex(trace) }),
    ...(span === undefined ? {} : { spanId: hex(span) }),
    ...(options === undefined ? {} : { sampled: (options[0]! & 1) === 1 }),
  };
}

/** CensusServerStatsEncoding.md: LB-Latency-Ns, Server-Latency-Ns, Trace-Options. */
function readServerStats(bytes: Uint8Array): CensusValue | undefined {
  const fields = fixedFields(bytes, [8, 8, 1]);
  if (fields === undefined) return undefined;
  const [balancer, server, options] = [fields.get(0), fields.get(1), fields.get(2)];
  return {
    ...(balancer === undefined ? {} : { lbLatencyNs: int64(balancer) }),
    ...(server === undefined ? {} : { serverLatencyNs: int64(server) }),
    ...(options === undefined ? {} : { sampled: (options[0]! & 1) === 1 }),
  };
}

/** BinaryEncoding.md, "Tag Context": any number of tags, each a key and a value with a length in front. */
function readTags(bytes: Uint8Array): CensusValue | undefined {
  if (bytes[0] !== VERSION) return undefined;
  const tags: [key: string, value: string][] = [];
  for (let at = 1; at < bytes.length && bytes[at] === 0; ) {
    const key = readText(bytes, at + 1);
    const value = key && readText(bytes, key.end);
    if (key === undefined || value === undefined) return undefined;
    tags.push([key.text, value.text]);
    at = value.end;
  }
  return { tags };
}

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** @param start of a varint that says how many octets follow */
function readText(bytes: Uint8Array, start: number): { readonly text: string; readonly end: number } | undefined {
  let length = 0;
  let at = start;
  // Four octets are 2^28, far more than metadata can have.
  for (let shift = 0; ; shift += 7) {
    const octet = bytes[at++];
    if (octet === undefined || shift > 21) return undefined;
    length |= (octet & 0x7f) << shift;
    if (octet < 0x80) break;
  }
  const end = at + length;
  return end > bytes.length ? undefined : { text: UTF8.decode(bytes.subarray(at, end)), end };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

/** Little-endian, signed. */
function int64(bytes: Uint8Array): string {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true).toString();
}
