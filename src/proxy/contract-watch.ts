// Holds a proxy's traffic against its schemas for a program: every event once, beside the traffic.
import type { Capture } from "../capture/capture.js";
import { EventCursor } from "../capture/cursor.js";
import type { ContractEvent, DriftEvent } from "../model/contract.js";
import type { SchemaSet } from "../schema/schema-set.js";
import { ContractCheck } from "../session/contract-check.js";
import type { MessageReader } from "../session/message-reader.js";

export interface ContractWatch {
  /** What is known of all that was captured so far; `fits` says whether everything was checked and fits. */
  result(): Promise<ContractEvent>;
  stop(): void;
}

/** Events looked at before everybody else gets a turn. */
const BATCH_EVENTS = 100;

/** @param onDrift is told when something does not fit for the first time: once for each side of a method, code and field */
export function watchContract(
  capture: Capture,
  messages: MessageReader,
  schema: SchemaSet,
  onDrift: (drift: DriftEvent) => void,
): ContractWatch {
  const check = new ContractCheck({ capture, messages, schema });
  const cursor = new EventCursor(capture);
  let running: Promise<void> | undefined;
  let stopped = false;
  const tell = () => {
    for (const { isNewToMethod: _, ...drift } of check.takeNews()) onDrift(drift);
  };
  const run = async () => {
    for (let count = 1; !stopped; count++) {
      const event = cursor.read();
      if (event === undefined) return;
      const seen = check.see(event);
      if (seen !== undefined) await seen;
      tell();
      if (count % BATCH_EVENTS === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  // What is appended while the last event is looked at wakes it again.
  const wake = (): Promise<void> => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
  const onAppend = () => {
    // A listener of the caller's that throws is the process's error, as with events.
    if (running === undefined && !stopped) setImmediate(() => void wake());
  };
  const stopListening = capture.onAppend(onAppend);
  if (cursor.behind) onAppend();
  return {
    async result() {
      while (cursor.behind && !stopped) await wake();
      await running;
      const result = await check.settle();
      tell();
      return result;
    },
    stop() {
      stopped = true;
      stopListening();
      check.close();
    },
  };
}
