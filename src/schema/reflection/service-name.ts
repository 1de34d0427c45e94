// The service in a method's path (PROTOCOL-HTTP2, "Requests", Path), if it is one that a .proto file could declare.

/** Full names: identifiers with dots between them (protobuf language specification, "Identifiers"). */
const METHOD = /^\/([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\/[A-Za-z_]\w*$/;
/** Peers can send paths of any length. */
const MAX_METHOD_CHARS = 1000;

/** @param method `/pkg.Service/Name`; anything else has no service that reflection could know */
export function serviceOf(method: string): string | undefined {
  return method.length > MAX_METHOD_CHARS ? undefined : METHOD.exec(method)?.[1];
}
