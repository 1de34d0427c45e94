// Schemas of statistics: the shapes of stats/ as JSON.
import { list, number, numbersByName, object, text, whole } from "./type.js";

export const HISTOGRAM = object("Histogram", "Counts by size, log-linear: see src/stats/histogram.ts.", {
  unit: number("What is told apart at the lower end."),
  count: whole("How many values."),
  sum: number("Of all values."),
  min: number("0 while there is nothing."),
  max: number("0 while there is nothing."),
  buckets: list(whole("A bucket's index, or its count."), "Pairs of a bucket's index and its count, flat."),
});

const SIDE_STATS = object("SideStats", "One side's messages.", {
  messages: whole("How many."),
  bytes: whole("On the wire."),
  compressed: whole("How many were compressed."),
  compressedBytes: whole("Of those that somebody decompressed: on the wire."),
  inflatedBytes: whole("Of the same: after."),
  protobufBytes: whole("Of those that somebody decoded: protobuf."),
  jsonBytes: whole("Of the same: as JSON."),
  size: HISTOGRAM,
});

export const METHOD_STATS = object(
  "MethodStats",
  "What is counted of one method, or of all; times in ms.",
  {
    method: text("/pkg.Service/Name; (other) for those that found no place, empty for all together."),
    calls: whole("How many began."),
    open: whole("How many are open."),
    errors: whole("Ended with a status that is not OK."),
    statuses: numbersByName("Ended calls by status code; under -1 those with a code that gRPC does not define."),
    rate: number("Calls begun a second, over the last 10."),
    latency: HISTOGRAM,
    firstMessage: HISTOGRAM,
    gap: HISTOGRAM,
    client: SIDE_STATS,
    server: SIDE_STATS,
  },
  {
    begun: list(whole("Calls."), "With history: calls that began in each second, oldest first; the last is not over."),
    failed: list(whole("Calls."), "With history: calls that ended with a status that is not OK, in the same seconds."),
  },
);
