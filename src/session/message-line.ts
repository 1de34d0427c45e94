// What a message says on one line of a log.
import { problemsOf } from "../message/problem-list.js";
import { isFatal } from "../message/problems.js";
import type { MessageView } from "./message-view.js";

/** Cells of a line that a message may take. */
export const MESSAGE_CELLS = 90;

/** What a schema says, or a guess that can be right: octets that are no message at all are noise in a line. */
export function messageLine(view: MessageView | undefined, cells: number): string | undefined {
  if (view?.type === undefined && view?.tree !== undefined && problemsOf(view.tree).some(isFatal)) return undefined;
  return view?.preview(cells);
}
