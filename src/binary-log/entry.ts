// An entry of gRPC's binary log (gRFC A16, grpc/binlog/v1/binarylog.proto: GrpcLogEntry), and the fields that ours have beyond it.
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { eachDelimited, eachField, WireType } from "../message/each-field.js";
import type { Field } from "../model/fields.js";
import { octetsOfText, textOfOctets } from "./octets.js";

/** GrpcLogEntry.EventType. `unknown` is what no binary log has: an event of ours that stands in {@link LogEntry.more}. */
export const ENTRY = {
  unknown: 0,
  clientHeader: 1,
  serverHeader: 2,
  clientMessage: 3,
  serverMessage: 4,
  clientHalfClose: 5,
  serverTrailer: 6,
  cancel: 7,
} as const;

/** GrpcLogEntry.Logger: on whose side it was written. */
export const LOGGER = { unknown: 0, client: 1, server: 2 } as const;

/**
 * Sessions in one log count their calls from 1 each: calls of ours are numbered by their session, which is a number of 20 bits, and their
 * own number, in 32 bits. What belongs to no call says its `session` in {@link LogEntry.more}.
 */
export const CALLS_OF_SESSION = 2 ** 32;
export const MAX_SESSION = 2 ** 20 - 1;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface LogEntry {
  /** Unix ms, with a fraction. */
  readonly at: number;
  /** Of the logger: one log may have a client's and a server's, which count their calls each. Decimal, as it has 64 bits. */
  readonly call: string;
  /** 1, 2, 3 … within the call; 0 where nobody counts. */
  readonly sequence: number;
  /** One of {@link ENTRY}, or one that later versions have. */
  readonly type: number;
  /** One of {@link LOGGER}. */
  readonly logger: number;
  /** Of a header: "/pkg.Service/Name". */
  readonly method?: string | undefined;
  readonly authority?: string | undefined;
  readonly timeoutMs?: number | undefined;
  /** Of a header or trailer, without what gRPC itself puts there. Values as octets, one char each: those of `-bin` are not base64 here. */
  readonly metadata?: readonly Field[] | undefined;
  readonly message?: LogMessage | undefined;
  readonly status?: LogStatus | undefined;
  /** Only the first part of the message or of the metadata is there. */
  readonly truncated?: boolean | undefined;
  /** host:port or unix:/path of the other end, where it is told. */
  readonly peer?: string | undefined;
  /** The members of an event of ours for which there is no other place, as JSON. */
  readonly more?: string | undefined;
  /** A compressed message as it crossed the wire; {@link LogMessage.data} has it inflated. */
  readonly wire?: Uint8Array | undefined;
  /** Types of methods that were called, as a google.protobuf.FileDescriptorSet. */
  readonly types?: Uint8Array | undefined;
}

export interface LogMessage {
  /** Of the whole message, inflated. */
  readonly length: number;
  readonly data: Uint8Array;
}

export interface LogStatus {
  readonly code: number;
  readonly message: string;
  /** google.rpc.Status, encoded. */
  readonly details: Uint8Array | undefined;
}

/** Numbers that the standard will not come to; who does not know them skips them. */
const MORE = 1000;
const WIRE = 1001;
const TYPES = 1002;

export const LENGTH_BYTES = 4;
/** An entry beyond this is none: a message of gRPC's has 4 MiB by default, and a log may hold some of more. */
export const MAX_ENTRY_BYTES = 256 * 1024 * 1024;
/** Of one list; a client of gRPC's takes 8 KiB of them. Further ones are left out. */
const MAX_FIELDS = 10_000;
/** Ours have a header list of 128 KiB at most, in JSON. */
const MAX_MORE_BYTES = 1024 * 1024;
const PIECE_BYTES = 32 * 1024;
const MAX_UINT32 = 0xffffffff;

const NO_OCTETS = new Uint8Array(0);
/** Stands in front until the length is known. */
const NO_LENGTH = new Uint8Array(LENGTH_BYTES);
const UTF8 = new TextDecoder();

/** @returns the entry behind its length (32 bits, big-endian), as a log is made of them */
export function encodeEntry(entry: LogEntry): Uint8Array {
  const { type, metadata, message, status, truncated, peer, more, wire, types } = entry;
  const writer = writeCommon(entry);
  if (type === ENTRY.clientHeader) writeClientHeader(writer.tag(6, WireType.LengthDelimited).fork(), entry).join();
  if (type === ENTRY.serverHeader) writeMetadata(writer.tag(7, WireType.LengthDelimited).fork(), 1, metadata).join();
  if (message !== undefined) writeMessage(writer.tag(8, WireType.LengthDelimited).fork(), message).join();
  if (type === ENTRY.serverTrailer)
    writeTrailer(writer.tag(9, WireType.LengthDelimited).fork(), metadata, status).join();
  if (truncated === true) writer.tag(10, WireType.Varint).bool(true);
  if (peer !== undefined) writePeer(writer.tag(11, WireType.LengthDelimited).fork(), peer).join();
  if (more !== undefined) writer.tag(MORE, WireType.LengthDelimited).string(more);
  if (wire !== undefined) writer.tag(WIRE, WireType.LengthDelimited).bytes(wire);
  if (types !== undefined) writer.tag(TYPES, WireType.LengthDelimited).bytes(types);
  const bytes = writer.finish();
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, bytes.length - LENGTH_BYTES);
  return bytes;
}

/** What every entry begins with. */
function writeCommon({ at, call, sequence, type, logger }: LogEntry): BinaryWriter {
  const writer = new BinaryWriter().raw(NO_LENGTH);
  writeTime(writer.tag(1, WireType.LengthDelimited).fork(), at).join();
  writer.tag(2, WireType.Varint).uint64(call);
  if (sequence > 0) writer.tag(3, WireType.Varint).uint64(sequence);
  if (type !== ENTRY.unknown) writer.tag(4, WireType.Varint).int32(type);
  if (logger !== LOGGER.unknown) writer.tag(5, WireType.Varint).int32(logger);
  return writer;
}

/**
 * The same octets as of {@link encodeEntry} for an entry with a long message, in pieces: no copy of the message is made.
 * @param entry has a message, and of the rest what entries with messages have
 */
export function* encodeInPieces(entry: LogEntry & { readonly message: LogMessage }): Iterable<Uint8Array> {
  const { message, truncated, more, wire = NO_OCTETS } = entry;
  const { length, data } = message;
  const inner = new BinaryWriter();
  if (length > 0) inner.tag(1, WireType.Varint).uint32(Math.min(length, MAX_UINT32));
  if (data.length > 0) inner.tag(2, WireType.LengthDelimited).uint32(data.length);
  const innerHead = inner.finish();
  const head = writeCommon(entry)
    .tag(8, WireType.LengthDelimited)
    .uint32(innerHead.length + data.length)
    .raw(innerHead)
    .finish();
  const rest = new BinaryWriter();
  if (truncated === true) rest.tag(10, WireType.Varint).bool(true);
  if (more !== undefined) rest.tag(MORE, WireType.LengthDelimited).string(more);
  if (entry.wire !== undefined) rest.tag(WIRE, WireType.LengthDelimited).uint32(wire.length);
  const tail = rest.finish();
  const total = head.length - LENGTH_BYTES + data.length + tail.length + wire.length;
  new DataView(head.buffer, head.byteOffset).setUint32(0, total);
  yield head;
  yield* piecesOf(data);
  yield tail;
  yield* piecesOf(wire);
}

function* piecesOf(octets: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < octets.length; at += PIECE_BYTES) yield octets.subarray(at, at + PIECE_BYTES);
}

/** google.protobuf.Timestamp, and Duration. @param ms with a fraction */
function writeTime(writer: BinaryWriter, ms: number): BinaryWriter {
  const seconds = Math.floor(ms / 1000);
  // Microseconds are as fine as our clock is; a double has no more of a date.
  const nanos = Math.min(999_999, Math.round((ms - seconds * 1000) * 1000)) * 1000;
  if (seconds !== 0) writer.tag(1, WireType.Varint).int64(seconds);
  if (nanos !== 0) writer.tag(2, WireType.Varint).int32(nanos);
  return writer;
}

function writeClientHeader(writer: BinaryWriter, { metadata, method, authority, timeoutMs }: LogEntry): BinaryWriter {
  writeMetadata(writer, 1, metadata);
  if (method !== undefined) writer.tag(2, WireType.LengthDelimited).string(method);
  if (authority !== undefined) writer.tag(3, WireType.LengthDelimited).string(authority);
  if (timeoutMs !== undefined) writeTime(writer.tag(4, WireType.LengthDelimited).fork(), timeoutMs).join();
  return writer;
}

function writeMetadata(writer: BinaryWriter, number: number, metadata: readonly Field[] = []): BinaryWriter {
  writer.tag(number, WireType.LengthDelimited).fork();
  for (const [name, value] of metadata) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(name);
    writer.tag(2, WireType.LengthDelimited).bytes(octetsOfText(value));
    writer.join();
  }
  return writer.join();
}

function writeMessage(writer: BinaryWriter, { length, data }: LogMessage): BinaryWriter {
  if (length > 0) writer.tag(1, WireType.Varint).uint32(Math.min(length, MAX_UINT32));
  if (data.length > 0) writer.tag(2, WireType.LengthDelimited).bytes(data);
  return writer;
}

function writeTrailer(
  writer: BinaryWriter,
  metadata: readonly Field[] | undefined,
  status: LogStatus | undefined,
): BinaryWriter {
  writeMetadata(writer, 1, metadata);
  if (status === undefined) return writer;
  const { code, message, details } = status;
  if (code > 0) writer.tag(2, WireType.Varint).uint32(Math.min(code, MAX_UINT32));
  if (message !== "") writer.tag(3, WireType.LengthDelimited).string(message);
  if (details !== undefined) writer.tag(4, WireType.LengthDelimited).bytes(details);
  return writer;
}

/** Address: 1 IPv4, 2 IPv6, 3 a Unix socket; else 0. */
const ADDRESS = { unknown: 0, ipv4: 1, ipv6: 2, unix: 3 } as const;

function writePeer(writer: BinaryWriter, peer: string): BinaryWriter {
  const [, ipv6, ipv4, port] = /^(?:\[([\da-f:.]+)\]|([\d.]+)):(\d{1,5})$/i.exec(peer) ?? [];
  const isUnix = peer.startsWith("unix:");
  const type = ipv6 !== undefined ? ADDRESS.ipv6 : ipv4 !== undefined ? ADDRESS.ipv4 : isUnix ? ADDRESS.unix : 0;
  if (type !== ADDRESS.unknown) writer.tag(1, WireType.Varint).int32(type);
  writer.tag(2, WireType.LengthDelimited).string(ipv6 ?? ipv4 ?? (isUnix ? peer.slice("unix:".length) : peer));
  if (port !== undefined) writer.tag(3, WireType.Varint).uint32(Number(port));
  return writer;
}

/**
 * Reads an entry, without its length in front.
 * @returns undefined for what is no GrpcLogEntry
 */
export function decodeEntry(bytes: Uint8Array): LogEntry | undefined {
  try {
    return readEntry(bytes);
  } catch {
    return undefined;
  }
}

function readEntry(bytes: Uint8Array): LogEntry {
  const entry: Mutable<LogEntry> = { at: 0, call: "0", sequence: 0, type: ENTRY.unknown, logger: LOGGER.unknown };
  eachField(bytes, (field, wire, reader) => {
    if (wire === WireType.Varint) {
      if (field === 2) entry.call = String(reader.uint64());
      else if (field === 3) entry.sequence = Number(reader.uint64());
      else if (field === 4) entry.type = reader.int32();
      else if (field === 5) entry.logger = reader.int32();
      else if (field === 10) entry.truncated = reader.bool();
      else return false;
      return true;
    }
    if (wire !== WireType.LengthDelimited) return false;
    if (field === 1) entry.at = readTime(reader.bytes());
    else if (field === 6) readClientHeader(reader.bytes(), entry);
    else if (field === 7) readServerHeader(reader.bytes(), entry);
    else if (field === 8) entry.message = readMessage(reader.bytes());
    else if (field === 9) readTrailer(reader.bytes(), entry);
    else if (field === 11) readPeer(reader.bytes(), entry);
    else if (field === MORE) entry.more = moreIn(reader.bytes());
    else if (field === WIRE) entry.wire = reader.bytes();
    else if (field === TYPES) entry.types = reader.bytes();
    else return false;
    return true;
  });
  return entry;
}

/** What is too long to be ours is not looked into. */
function moreIn(bytes: Uint8Array): string {
  return bytes.length > MAX_MORE_BYTES ? "" : textOf(bytes);
}

/** @returns ms, with a fraction */
function readTime(bytes: Uint8Array): number {
  let seconds = 0;
  let nanos = 0;
  eachField(bytes, (field, wire, reader) => {
    if (wire !== WireType.Varint) return false;
    if (field === 1) seconds = Number(reader.int64());
    else if (field === 2) nanos = reader.int32();
    else return false;
    return true;
  });
  return seconds * 1000 + Math.round(nanos / 1000) / 1000;
}

function readClientHeader(bytes: Uint8Array, entry: Mutable<LogEntry>): void {
  eachDelimited(bytes, (field, value) => {
    if (field === 1) entry.metadata = readMetadata(value);
    else if (field === 2) entry.method = textOf(value);
    else if (field === 3) entry.authority = textOf(value);
    else if (field === 4) entry.timeoutMs = readTime(value);
  });
}

function readServerHeader(bytes: Uint8Array, entry: Mutable<LogEntry>): void {
  eachDelimited(bytes, (field, value) => {
    if (field === 1) entry.metadata = readMetadata(value);
  });
}

function readMetadata(bytes: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  eachDelimited(bytes, (field, entry) => {
    if (field !== 1 || fields.length === MAX_FIELDS) return;
    let name = "";
    let value = "";
    eachDelimited(entry, (part, octets) => {
      if (part === 1) name = textOf(octets);
      else if (part === 2) value = textOfOctets(octets);
    });
    fields.push([name, value]);
  });
  return fields;
}

function readMessage(bytes: Uint8Array): LogMessage {
  let length = 0;
  let data: Uint8Array = NO_OCTETS;
  eachField(bytes, (field, wire, reader) => {
    if (field === 1 && wire === WireType.Varint) length = reader.uint32();
    else if (field === 2 && wire === WireType.LengthDelimited) data = reader.bytes();
    else return false;
    return true;
  });
  return { length, data };
}

function readTrailer(bytes: Uint8Array, entry: Mutable<LogEntry>): void {
  let code = 0;
  let message = "";
  let details: Uint8Array | undefined;
  eachField(bytes, (field, wire, reader) => {
    if (field === 2 && wire === WireType.Varint) code = reader.uint32();
    else if (wire !== WireType.LengthDelimited) return false;
    else if (field === 1) entry.metadata = readMetadata(reader.bytes());
    else if (field === 3) message = textOf(reader.bytes());
    else if (field === 4) details = reader.bytes();
    else return false;
    return true;
  });
  entry.status = { code, message, details };
}

function readPeer(bytes: Uint8Array, entry: Mutable<LogEntry>): void {
  let type: number = ADDRESS.unknown;
  let address = "";
  let port = 0;
  eachField(bytes, (field, wire, reader) => {
    if (field === 1 && wire === WireType.Varint) type = reader.int32();
    else if (field === 2 && wire === WireType.LengthDelimited) address = textOf(reader.bytes());
    else if (field === 3 && wire === WireType.Varint) port = reader.uint32();
    else return false;
    return true;
  });
  if (type === ADDRESS.ipv4 || type === ADDRESS.ipv6)
    entry.peer = `${address.includes(":") ? `[${address}]` : address}:${port}`;
  else if (address !== "") entry.peer = type === ADDRESS.unix ? `unix:${address}` : address;
}

/** What is no UTF-8 is shown as such: a log may come from anywhere. */
function textOf(octets: Uint8Array): string {
  return UTF8.decode(octets);
}
