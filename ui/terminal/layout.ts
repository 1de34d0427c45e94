// The views by name, and how list and call share the screen.

export const VIEW_NAMES = ["calls", "connections", "stats", "schema", "log"] as const;
export type ViewName = (typeof VIEW_NAMES)[number];
export const LAYOUTS = ["auto", "side", "stacked", "single"] as const;
export type Layout = (typeof LAYOUTS)[number];
