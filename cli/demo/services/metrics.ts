// MetricsService: takes a stream of samples and answers once, at its end.
import type { Server } from "@grpc/grpc-js";
import { type MetricSample, timestampOf, type UploadSummary } from "../messages.js";
import { addMethods, type CallContext, clientStream, type ServiceContext } from "../server-calls.js";

export function serveMetrics(server: Server, { methods, open }: ServiceContext): void {
  async function uploadMetrics(samples: AsyncIterable<MetricSample>, context: CallContext): Promise<UploadSummary> {
    const started = performance.now();
    const summary = { accepted: 0, rejected: 0, samplesByName: {} as Record<string, number> };
    for await (const { name } of samples) {
      if (name === "") summary.rejected++;
      else summary.accepted++;
      summary.samplesByName[name] = (summary.samplesByName[name] ?? 0) + 1;
    }
    context.trailers.set("x-stored-series", String(Object.keys(summary.samplesByName).length));
    return { ...summary, took: timestampOf(performance.now() - started) };
  }

  addMethods(server, [{ definition: methods.uploadMetrics, handler: clientStream(open, uploadMetrics) }]);
}
