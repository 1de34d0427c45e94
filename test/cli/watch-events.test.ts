// Which of a capture's events say where services are: few, however many calls there are.
import { expect, test } from "vitest";
import { watchEvents } from "../../cli/watch-events.js";
import { Capture } from "../../src/capture/capture.js";
import { CLIENT, SERVER } from "../../src/http2/stream.js";
import type { CaptureEvent } from "../../src/model/events.js";
import { Traffic } from "../feed/lab.js";

const REFLECT = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

test("connections are told of, the first call of each method, and all of reflection", () => {
  const capture = new Capture();
  const traffic = new Traffic(capture);
  const told: CaptureEvent[] = [];
  traffic.unary("/shop.v1.Users/GetUser"); // before somebody watched
  const stop = watchEvents(capture, (event) => told.push(event));
  traffic.connection();
  for (let count = 0; count < 100; count++) traffic.unary("/shop.v1.Users/GetUser");
  for (let count = 0; count < 2; count++) {
    const call = traffic.begin(REFLECT);
    call.says(CLIENT, [8, 1]);
    traffic.unary("/shop.v1.Users/Watch");
    call.says(SERVER, [8, 2]);
    call.ends();
  }
  stop();
  const kindsOf = (method: string) =>
    told.flatMap((event) => ("call" in event && capture.methodOf(event.call ?? 0) === method ? [event.kind] : []));
  expect(kindsOf("/shop.v1.Users/GetUser")).toEqual(["client-header"]);
  expect(kindsOf("/shop.v1.Users/Watch")).toEqual(["client-header"]);
  const whole = ["client-header", "client-message", "server-message", "server-trailer", "call-end"];
  expect(kindsOf(REFLECT)).toEqual([...whole, ...whole]);
  expect(told.filter(({ kind }) => kind === "connection-opened")).toHaveLength(1);
  expect(told).toHaveLength(13);
  traffic.unary("/shop.v1.Users/Another");
  expect(told).toHaveLength(13);
});
