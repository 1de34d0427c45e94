// Calls written into a capture as the relay's readers would, for tests of what reads captures.
import type { Capture } from "../../src/capture/capture.js";
import type { OpenCall } from "../../src/capture/open-call.js";
import { FieldList } from "../../src/http2/hpack/field-list.js";
import type { Field } from "../../src/model/fields.js";
import { requestFacts } from "../../src/rpc/grpc.js";

export interface NewCall {
  readonly method?: string;
  readonly connection?: number;
  readonly fields?: readonly Field[];
}

export function beginCall(
  capture: Capture,
  { method = "/a.B/C", connection = 1, fields = [] }: NewCall = {},
): OpenCall {
  const list = new FieldList([[":path", method], [":authority", "localhost:1"], ...fields], 0, 0);
  const facts = requestFacts(list.fields);
  const call = capture.openCall(connection, 1, "grpc", list, facts, false, undefined);
  if (call === undefined) throw new Error("not opened");
  return call;
}

/** @param from 0 for the client. @param flag 1 for a compressed message */
export function sendMessage(capture: Capture, call: OpenCall, from: 0 | 1, bytes: Uint8Array, flag = 0): void {
  capture.beginChunk();
  capture.message(call, from, flag, bytes, 0, bytes.length);
}

export function endCall(
  capture: Capture,
  call: OpenCall,
  status = 0,
  message = "",
  fields: readonly Field[] = [],
): void {
  capture.serverTrailer(
    call,
    new FieldList([["grpc-status", String(status)], ["grpc-message", message], ...fields], 0, 0),
    false,
  );
  capture.endCall(call, "trailers", "server", status, "trailers", 0);
}

export function resetCall(capture: Capture, call: OpenCall, code = 8): void {
  capture.cancel(call, 0, code);
  capture.endCall(call, "reset", "client", 1, "reset", code);
}
