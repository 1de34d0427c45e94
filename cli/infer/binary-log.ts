// gRPC's own binary log as events (grpc/binlog/v1/binarylog.proto): each entry is a message behind its length, 32 bits, big-endian.
import type { Side } from "../../src/index.js";
import { eachField, WireType } from "../../src/message/each-field.js";

/** An entry beyond this is none: a message of gRPC's has 4 MiB by default, and a log may hold some of more. */
const MAX_ENTRY_BYTES = 256 * 1024 * 1024;
const LENGTH_BYTES = 4;

/** EventType: 1 client header, 2 server header, 3 and 4 messages, 5 half-close, 6 trailer, 7 cancel. */
const TYPE = { clientHeader: 1, clientMessage: 3, serverMessage: 4, serverTrailer: 6, cancel: 7 } as const;

/** What of an entry says which messages a method has. */
export type LoggedEvent = { readonly call: string } & (
  | { readonly kind: "client-header"; readonly method: string }
  /** @param bytes undefined when the log has only some of them */
  | { readonly kind: "message"; readonly from: Side; readonly bytes: Uint8Array | undefined }
  | { readonly kind: "end"; readonly ok: boolean }
);

/**
 * Reads a binary log of any length.
 * @param damaged told at the end of what could be read, when that is not the end of the log
 */
export async function* readBinaryLog(
  chunks: AsyncIterable<Uint8Array>,
  damaged: (what: string) => void,
): AsyncIterable<LoggedEvent> {
  let parts: Uint8Array[] = [];
  let have = 0;
  let needed = LENGTH_BYTES;
  let passed = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    have += chunk.length;
    // An entry of many chunks is put together once.
    if (have < needed) continue;
    const held = Buffer.concat(parts, have);
    let at = 0;
    needed = LENGTH_BYTES;
    while (have - at >= LENGTH_BYTES) {
      const length = held.readUInt32BE(at);
      if (length > MAX_ENTRY_BYTES) return damaged(`no entry at octet ${passed + at}`);
      needed = LENGTH_BYTES + length;
      if (have - at < needed) break;
      const event = eventOf(held.subarray(at + LENGTH_BYTES, at + needed));
      if (event === undefined) return damaged(`no entry at octet ${passed + at}`);
      if (event !== "other") yield event;
      at += needed;
      needed = LENGTH_BYTES;
    }
    passed += at;
    have -= at;
    parts = have === 0 ? [] : [held.subarray(at)];
  }
  if (have > 0) damaged(`the last entry, at octet ${passed}, is cut`);
}

/** @returns undefined for what is no GrpcLogEntry */
function eventOf(entry: Uint8Array): LoggedEvent | "other" | undefined {
  try {
    return readEntry(entry);
  } catch {
    return undefined;
  }
}

function readEntry(entry: Uint8Array): LoggedEvent | "other" {
  let call = "";
  let logger = 0;
  let type = 0;
  let method = "";
  let message: { bytes: Uint8Array; length: number } | undefined;
  let status = 0;
  let truncated = false;
  eachField(entry, (field, wire, reader) => {
    if (wire === WireType.Varint) {
      if (field === 2) call = String(reader.uint64());
      else if (field === 4) type = reader.int32();
      else if (field === 5) logger = reader.int32();
      else if (field === 10) truncated = reader.bool();
      else return false;
      return true;
    }
    if (wire !== WireType.LengthDelimited) return false;
    if (field === 6) method = methodIn(reader.bytes());
    else if (field === 8) message = messageIn(reader.bytes());
    else if (field === 9) status = statusIn(reader.bytes());
    else return false;
    return true;
  });
  // A client and a server may write to one log, and count their calls each.
  const common = { call: `${logger}:${call}` };
  switch (type) {
    case TYPE.clientHeader:
      return { ...common, kind: "client-header", method };
    case TYPE.clientMessage:
    case TYPE.serverMessage: {
      const { bytes = new Uint8Array(0), length = 0 } = message ?? {};
      const isWhole = !truncated && bytes.length === length;
      const from = type === TYPE.clientMessage ? "client" : "server";
      return { ...common, kind: "message", from, bytes: isWhole ? bytes : undefined };
    }
    case TYPE.serverTrailer:
      return { ...common, kind: "end", ok: status === 0 };
    case TYPE.cancel:
      return { ...common, kind: "end", ok: false };
    default:
      return "other";
  }
}

function methodIn(header: Uint8Array): string {
  let method = "";
  eachField(header, (field, wire, reader) => {
    if (field !== 2 || wire !== WireType.LengthDelimited) return false;
    method = reader.string();
    return true;
  });
  return method;
}

function messageIn(message: Uint8Array): { bytes: Uint8Array; length: number } {
  const read: { bytes: Uint8Array; length: number } = { bytes: new Uint8Array(0), length: 0 };
  eachField(message, (field, wire, reader) => {
    if (field === 1 && wire === WireType.Varint) read.length = reader.uint32();
    else if (field === 2 && wire === WireType.LengthDelimited) read.bytes = reader.bytes();
    else return false;
    return true;
  });
  return read;
}

function statusIn(trailer: Uint8Array): number {
  let status = 0;
  eachField(trailer, (field, wire, reader) => {
    if (field !== 2 || wire !== WireType.Varint) return false;
    status = reader.uint32();
    return true;
  });
  return status;
}
