// grpc.health.v1.Health: well, but for a moment now and then.
import { status as Code, type Server } from "@grpc/grpc-js";
import { addMethods, type CallContext, type ServiceContext, serverStream, think, unary } from "../server-calls.js";

const WELL_MS = 20_000;
const UNWELL_MS = 2000;
const SERVICES = ["", "framelens.demo.v1.UserService", "framelens.demo.v1.ChatService"];

export function serveHealth(server: Server, { methods, fail, open }: ServiceContext): void {
  async function check({ service = "" }: { service?: string }) {
    if (!SERVICES.includes(service)) throw fail(Code.NOT_FOUND, `unknown service ${service}`);
    return { status: "SERVING" };
  }

  async function* watch({ service = "" }: { service?: string }, context: CallContext) {
    if (!SERVICES.includes(service)) yield { status: "SERVICE_UNKNOWN" };
    for (;;) {
      yield { status: "SERVING" };
      await think(context, WELL_MS);
      yield { status: "NOT_SERVING" };
      await think(context, UNWELL_MS);
    }
  }

  addMethods(server, [
    { definition: methods.healthCheck, handler: unary(open, check) },
    { definition: methods.healthWatch, handler: serverStream(open, watch) },
  ]);
}
