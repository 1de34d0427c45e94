// acme.legacy.PricingEngine: no .proto file in proto-samples/ knows it, so framelens has to guess what its bytes mean.
import type { Server } from "@grpc/grpc-js";
import type { Methods } from "../messages.js";
import { addMethods, type CallContext, type ServiceContext, think, unary } from "../server-calls.js";

export function serveLegacy(server: Server, { methods, random, open }: ServiceContext): void {
  async function quote({ sku, quantity }: Methods["quote"][0], context: CallContext): Promise<Methods["quote"][1]> {
    await think(context, random.between(5, 60));
    return {
      sku,
      cents: quantity * random.between(199, 4999),
      currency: "EUR",
      discounts: quantity > 10 ? [{ code: "BULK10", percent: 10 }] : [],
      expires: Math.floor(Date.now() / 1000) + 3600,
    };
  }

  addMethods(server, [{ definition: methods.quote, handler: unary(open, quote) }]);
}
