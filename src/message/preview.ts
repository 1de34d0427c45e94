// A message in one line of a given width, for lists and logs: what comes first on the wire, as far as there is room.
import { cutText } from "../view/text-width.js";
import { visible } from "../view/visible.js";
import { openAny } from "./any.js";
import { REDACTED, toJson } from "./json.js";
import { NO_TYPES, type TypeLookup } from "./plan.js";
import { valueText } from "./print-value.js";
import type { FieldNode, MessageNode } from "./tree.js";
import { WIRE } from "./wire.js";

/**
 * As in `id:1001 name:"Alice" tags:["a" "b"] address:{city:"Paris"}`; fields without a name have their number.
 * @param width cells of a terminal; no more of the message is looked at than fits, but for what lies in an Any
 * @param mask hides fields marked `debug_redact`
 */
export function preview(message: MessageNode, width: number, types: TypeLookup = NO_TYPES, mask = false): string {
  const line = new Line(width, types, mask);
  line.message(message);
  return cutText(line.text, Math.max(1, width));
}

class Line {
  text = "";
  readonly #width: number;
  readonly #types: TypeLookup;
  readonly #mask: boolean;

  constructor(width: number, types: TypeLookup, mask: boolean) {
    this.#width = width;
    this.#types = types;
    this.#mask = mask;
  }

  /** Recursion ends with the line: each level writes at least one character. */
  message(message: MessageNode): void {
    const { fields } = message;
    for (let at = 0; at < fields.length && !this.#isFull(); at++) {
      const node = fields[at]!;
      if (at > 0) this.text += " ";
      const isList = node.read !== 0 && node.plan?.repeated === true;
      const isFirst = !isList || fields[at - 1]?.plan !== node.plan;
      if (isFirst) this.text += `${nameOf(node)}:${isList && !node.isPacked ? (node.plan?.isMap ? "{" : "[") : ""}`;
      this.#value(node);
      if (isList && !node.isPacked && fields[at + 1]?.plan !== node.plan) this.text += node.plan?.isMap ? "}" : "]";
    }
  }

  #value(node: FieldNode): void {
    const { message } = node;
    const room = Math.max(1, this.#width - this.text.length + 1);
    if (this.#mask && node.plan?.redact) this.text += REDACTED;
    else if (message === undefined) this.text += valueText(node, room);
    else if (node.plan?.isMap) this.#entry(message);
    else if (message.plan?.wellKnown === "any") this.#any(message);
    else if (message.plan?.wellKnown !== undefined)
      this.text += toJson(message, this.#types, { mask: this.#mask, maxLength: room }).text;
    else this.#braces(message);
  }

  #entry(entry: MessageNode): void {
    for (const field of entry.fields) {
      if (field.number === 2) this.text += ":";
      this.#value(field);
    }
  }

  #any(message: MessageNode): void {
    const { typeName, message: inner } = openAny(message, this.#types);
    this.text += visible(typeName.slice(0, this.#width + 1));
    if (inner !== undefined) this.#braces(inner);
  }

  #braces(message: MessageNode): void {
    this.text += "{";
    this.message(message);
    this.text += "}";
  }

  #isFull(): boolean {
    return this.text.length > this.#width;
  }
}

function nameOf(node: FieldNode): string {
  if (node.plan !== undefined) return visible(node.plan.name);
  return node.wireType === WIRE.raw ? "?" : String(node.number);
}
