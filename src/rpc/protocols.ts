// The RPC protocols in the order in which they are asked; the last accepts anything, so that nothing is invisible.
import type { SideIndex } from "../http2/stream.js";
import type { BodyReader } from "./body.js";
import { isGrpcContentType } from "./grpc.js";
import { MessageSplitter } from "./message-splitter.js";
import { WholeBody } from "./whole-body.js";

export interface RpcProtocol {
  readonly name: string;
  /** @param contentType of the request, and later of the response: an answer may be of another kind than its question */
  accepts(contentType: string | undefined): boolean;
  body<K>(from: SideIndex): BodyReader<K>;
}

export const GRPC: RpcProtocol = {
  name: "grpc",
  accepts: (contentType) => contentType !== undefined && isGrpcContentType(contentType),
  body: (from) => new MessageSplitter(from),
};

export const UNKNOWN_PROTOCOL: RpcProtocol = {
  name: "unknown",
  accepts: () => true,
  body: (from) => new WholeBody(from),
};

export const PROTOCOLS: readonly RpcProtocol[] = [GRPC, UNKNOWN_PROTOCOL];

export function protocolOf(contentType: string | undefined): RpcProtocol {
  for (const protocol of PROTOCOLS) if (protocol.accepts(contentType)) return protocol;
  return UNKNOWN_PROTOCOL;
}
