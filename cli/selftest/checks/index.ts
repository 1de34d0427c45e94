// The table of all checks, in the order in which they run.
import type { Check } from "../check.js";
import { CONNECTIONS } from "./connections.js";
import { ENDINGS } from "./endings.js";
import { FIELDS } from "./fields.js";
import { FLOW } from "./flow.js";
import { FRAMES } from "./frames.js";
import { STREAMS } from "./streams.js";
import { TLS } from "./tls.js";

/** "no connection is left over" comes last: it counts what all the others left behind. */
export const CHECKS: readonly Check[] = [...ENDINGS, ...FIELDS, ...STREAMS, ...FLOW, ...FRAMES, ...TLS, ...CONNECTIONS];
