// The message or call that the next one is to be compared with.
import { signal } from "@preact/signals";
import type { Place } from "../state/route.js";

export const pinned = signal<Place | undefined>(undefined);
