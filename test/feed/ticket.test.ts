import { expect, test } from "vitest";
import { Tickets } from "../../src/feed/ticket.js";

test("a ticket is good once, for a minute, and no other", () => {
  let now = 0;
  const tickets = new Tickets(() => now);
  const [used, late, kept] = [tickets.issue(), tickets.issue(), tickets.issue()];
  expect(tickets.redeem(`${used}x`)).toBe(false);
  expect([tickets.redeem(used), tickets.redeem(used)]).toEqual([true, false]);
  now = 60_000;
  expect(tickets.redeem(kept)).toBe(true);
  now++;
  expect(tickets.redeem(late)).toBe(false);
});
