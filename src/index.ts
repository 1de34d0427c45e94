// The public API of framelens, and nothing else.
export { Capture, type CaptureOptions } from "./capture/capture.js";
export { EventCursor } from "./capture/cursor.js";
export type { Call, CaptureCounters } from "./model/call.js";
export type { ContractEvent, Drift, DriftEvent, DriftPlace, Unchecked } from "./model/contract.js";
export { EXIT, FramelensError } from "./model/errors.js";
export type * from "./model/events.js";
export { allValues, type Field, firstValue, type Side } from "./model/fields.js";
export type { DecodedMetadata, MetadataValue } from "./model/metadata.js";
export type { SideSizes, SizesEvent } from "./model/sizes.js";
export { http2ErrorName, type Status, type StatusSource, statusName } from "./model/status.js";
export type { ContractWatch } from "./proxy/contract-watch.js";
export { createProxy, type ProxyOptions, type RunningProxy } from "./proxy/create-proxy.js";
export { decodeBinaryMetadata, decodeStatusMessage } from "./rpc/grpc.js";
export type { SchemaProblem } from "./schema/problems.js";
export type { FixedTypes } from "./schemaless/fixed-types.js";
export type { FieldGuess, FieldJson, GuessJson, GuessKind, GuessTree } from "./schemaless/guess.js";
export type { MessageSizes, MessageView } from "./session/message-view.js";
