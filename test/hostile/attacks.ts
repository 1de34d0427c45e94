// Every attack, one entry each. Size and number are in the entry: small for `npm test`, in full with HOSTILE_FULL=1.
import { FRAME_ATTACKS } from "./attacks/frames.js";
import { HEADER_ATTACKS } from "./attacks/headers.js";
import { LISTENER_ATTACKS } from "./attacks/listener.js";
import { MESSAGE_ATTACKS } from "./attacks/messages.js";
import type { Attack } from "./script.js";

export const ATTACKS: readonly Attack[] = [
  ...FRAME_ATTACKS,
  ...HEADER_ATTACKS,
  ...MESSAGE_ATTACKS,
  ...LISTENER_ATTACKS,
];
