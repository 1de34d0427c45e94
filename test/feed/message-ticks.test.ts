// When messages came, as waterfalls ask for it.
import { expect, test } from "vitest";
import { FeedLab } from "./lab.js";

test("a list of given calls is in the order asked for, with the time and size of each message", async () => {
  const lab = await FeedLab.start();
  const call = lab.traffic.begin("/a.B/C");
  call.says(0, [1, 2, 3]);
  call.says(1, [1, 2, 3, 4]);
  lab.traffic.unary("/a.B/D");
  const client = await lab.client();
  client.ask({ op: "list", id: 1, calls: [2, 99, 1], ticks: true });
  const { calls } = await client.heard("list");
  expect(calls.map(({ call: id }) => id)).toEqual([2, 1]);
  // A time since the call began and a size by turns; those of the server are below zero.
  expect(calls[1]?.ticks).toEqual([1, 3, 2, -5]);
});

test("of a long stream some messages are told, evenly, from the first on", async () => {
  const lab = await FeedLab.start();
  const call = lab.traffic.begin("/a.B/C");
  for (let message = 0; message < 4000; message++) call.says(1, [1]);
  const client = await lab.client();
  client.ask({ op: "list", id: 1, calls: [1], ticks: true });
  const { calls } = await client.heard("list");
  const times = (calls[0]?.ticks ?? []).filter((_, place) => place % 2 === 0);
  expect(times).toHaveLength(400);
  expect(times.slice(0, 3)).toEqual([1, 11, 21]);
});

test("nobody is told of ticks who did not ask", async () => {
  const lab = await FeedLab.start();
  lab.traffic.unary("/a.B/C");
  const client = await lab.client();
  client.ask({ op: "list", id: 1 });
  expect((await client.heard("list")).calls[0]).not.toHaveProperty("ticks");
});
