// What every view of the terminal works with: the session's data, and how to speak to the user.
import type { Capture } from "../../src/capture/capture.js";
import type { SchemaSet } from "../../src/schema/schema-set.js";
import type { FixedTypes } from "../../src/schemaless/fixed-types.js";
import type { CallList, MethodKinds } from "../../src/session/call-list.js";
import type { ConnectionList } from "../../src/session/connection-list.js";
import type { MessageReader } from "../../src/session/message-reader.js";
import type { MessageView } from "../../src/session/message-view.js";
import type { TrafficStats } from "../../src/session/traffic-stats.js";
import type { Area, Canvas } from "../../src/view/canvas.js";
import type { ServerTrust } from "../../src/view/shell-command.js";
import type { Style } from "../../src/view/styled.js";
import type { Context } from "./actions.js";
import type { Overlay } from "./overlay.js";

export interface Desk {
  readonly capture: Capture;
  readonly reader: MessageReader;
  readonly list: CallList;
  readonly connections: ConnectionList;
  readonly stats: TrafficStats;
  readonly kinds: MethodKinds | undefined;
  /** What the user says of fields that no schema knows. */
  readonly types: FixedTypes | undefined;
  readonly schema: SchemaSet | undefined;
  /** How servers are told from others, for commands that reach them without us. */
  readonly trust: ServerTrust | undefined;
  /** Where calls go, as the user gave it; undefined in a forward proxy, and where it is not known. */
  readonly upstream: string | undefined;
  /** What is shown is a file: nothing new comes. */
  readonly isFile: boolean;
  /** Where the page is; undefined where there is none. */
  readonly page: string | undefined;
  /** Why nothing new comes now; undefined while all is well. */
  readonly trouble: string | undefined;
  /** Whether secrets are shown as they are. */
  reveal: boolean;
  /**
   * A message, if it can be read at once; one that takes longer is there for a later frame.
   * @param seq of its event
   */
  peek(seq: number): MessageView | undefined;
  /** Unix ms. */
  now(): number;
  /** One line at the bottom, until the next key. */
  say(text: string, style?: Style): void;
  /** Something that is shown is another now. */
  changed(): void;
  /** Lays a prompt, a menu or a page over the screen; it takes all keys until it is gone. */
  lay(overlay: Overlay): void;
  /** Runs an action as if its key had been pressed. */
  act(action: string, argument?: string): void;
}

/** A part of the screen with a cursor of its own. */
export interface View {
  /** Where its keys are looked up, innermost first. */
  readonly contexts: readonly Context[];
  paint(canvas: Canvas, area: Area, focused: boolean): void;
  /** @returns whether the action means something here */
  act(action: string, argument: string | undefined): boolean;
  /** @param x,y cells within the area it was painted in last */
  click?(x: number, y: number, twice: boolean): void;
  wheel?(x: number, y: number, lines: number): void;
  /** Whether time alone changes what it shows. */
  readonly ticks?: boolean;
  /** What it has to say in the header. */
  readonly title: string;
}
