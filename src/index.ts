// The public API of framelens, and nothing else.
export { Capture, type CaptureOptions } from "./capture/capture.js";
export { EventCursor } from "./capture/cursor.js";
export type { Call, CaptureCounters } from "./model/call.js";
export { EXIT, FramelensError } from "./model/errors.js";
export type * from "./model/events.js";
export { allValues, type Field, firstValue, type Side } from "./model/fields.js";
export { http2ErrorName, type Status, type StatusSource, statusName } from "./model/status.js";
export { createProxy, type ProxyOptions, type RunningProxy } from "./relay/proxy.js";
export { decodeBinaryMetadata, decodeStatusMessage } from "./rpc/grpc.js";
