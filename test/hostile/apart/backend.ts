// The server behind the proxy as a process of its own, with the server's part in every attack.
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { ServerCertificate } from "../../../cli/selftest/certificate.js";
import { ATTACKS } from "../attacks.js";
import { Backend, Strangers } from "../backend.js";
import type { Evidence, Report } from "../ends.js";
import type { Sizes } from "../script.js";
import { answer } from "./answering.js";

const delays = monitorEventLoopDelay({ resolution: 5 });
let strangers: Strangers | undefined;

const answers = {
  /** @returns its port */
  async listen(tls: ServerCertificate | undefined): Promise<number> {
    const backend = await Backend.start(tls);
    strangers = new Strangers(backend);
    return backend.port;
  },
  /** @param attack its place among all of them */
  begin({ attack, size }: { readonly attack: number; readonly size: keyof Sizes }): void {
    const known = ATTACKS[attack];
    if (known === undefined) throw new Error(`no attack ${attack}`);
    delays.reset();
    delays.enable();
    strangers?.begin(known, size);
  },
  report: (_: undefined): Report | undefined => strangers?.report(),
  evidence: (heads: boolean): Evidence | undefined => strangers?.evidence(heads),
  /** @returns the longest that this process let everybody wait */
  async finish(_: undefined): Promise<number> {
    delays.disable();
    await strangers?.finish();
    return delays.max / 1e6;
  },
};
export type BackendAnswers = typeof answers;

answer(answers);
