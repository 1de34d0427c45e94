// A capture with one call whose messages are what the test says, and schemas that come when the test says.
import { Capture } from "../../src/capture/capture.js";
import { FieldList } from "../../src/http2/hpack/field-list.js";
import { CLIENT, SERVER } from "../../src/http2/stream.js";
import type { MessageEvent } from "../../src/model/events.js";
import type { Side } from "../../src/model/fields.js";
import { requestFacts } from "../../src/rpc/grpc.js";

export const METHOD = "/acme.v1.Things/Get";
export const ALICE = Uint8Array.from(Buffer.from("08e907" + "12054" + "16c696365", "hex"));

/** As in ALICE: both sides speak it. */
export const THINGS_PROTO = `syntax = "proto3"; package acme.v1;
message Thing { int32 id = 1; string name = 2; string secret = 3 [debug_redact = true]; repeated Thing parts = 4; }
service Things { rpc Get(Thing) returns (Thing); }`;

export interface Lab {
  readonly capture: Capture;
  /** Adds a message and gives its event. */
  add(from: Side, bytes: Uint8Array, flag?: number): MessageEvent;
}

/** @param encoding of both sides @param protocol of the call */
export function captureOf(encoding: string | undefined, protocol = "grpc"): Lab {
  const capture = new Capture();
  const encodings = encoding === undefined ? [] : [["grpc-encoding", encoding] as const];
  const request = new FieldList([[":path", METHOD], ["content-type", "application/grpc"], ...encodings], 0, 0);
  const call = capture.openCall(1, 1, protocol, request, requestFacts(request.fields), false, undefined)!;
  capture.serverHeader(call, new FieldList([[":status", "200"], ...encodings], 0, 0), false);
  return {
    capture,
    add(from, bytes, flag = 0) {
      capture.beginChunk();
      capture.message(call, from === "client" ? CLIENT : SERVER, flag, bytes, 0, bytes.length);
      return capture.event(capture.newestSeq) as MessageEvent;
    },
  };
}
