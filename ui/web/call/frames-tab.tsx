// The HTTP/2 frames that the call was made of, as they crossed the wire.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { FramesAnswer } from "../../../src/feed/messages.js";
import { http2ErrorName } from "../../../src/model/status.js";
import { formatSince, formatWhole } from "../../../src/view/call-text.js";
import { formatBytes } from "../../../src/view/format.js";
import { Icon } from "../parts/icon.js";
import { VirtualRows } from "../parts/virtual-rows.js";
import { link } from "../state/session.js";
import { messagesOf, type WebCall } from "../state/web-call.js";

const ROW = 24;
/** Octets before each payload (RFC 9113 §4.1). */
const HEADER_BYTES = 9;
/** Of a stream that runs they are asked for so often. */
const FRESH_MS = 500;

type Frame = FramesAnswer["frames"][number];

export function FramesTab({ call }: { readonly call: WebCall }) {
  const frames = useSignal<readonly Frame[] | undefined>(undefined);
  const grown = `${messagesOf(call)} ${call.end?.at}`;
  useEffect(() => {
    let isOver = false;
    const timer = setTimeout(
      () => {
        link.ask("frames", { op: "get", call: call.id, as: "frames" }).then(
          (answer) => {
            if (!isOver) frames.value = answer.frames;
          },
          () => {},
        );
      },
      frames.peek() === undefined ? 0 : FRESH_MS,
    );
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [call.id, grown]);
  const { value } = frames;
  if (value === undefined) return null;
  if (value.length === 0) {
    return (
      <div class="frames" role="tabpanel">
        <p class="none">
          No frame of this stream is kept. framelens keeps the last 65,536 of connections that opened since somebody
          looks at its terminal or feed; files have none.
        </p>
      </div>
    );
  }
  return (
    <div class="frames" role="tabpanel">
      <p class="sum">
        <Sum frames={value} side="client" /> <Sum frames={value} side="server" />
      </p>
      <div class="frame-row heads" aria-hidden="true">
        <span>since start</span>
        <span />
        <span>frame</span>
        <span>octets</span>
        <span>flags, or what it says</span>
      </div>
      <VirtualRows
        class="frame-rows"
        role="grid"
        label="Frames of the stream"
        count={value.length}
        rowHeight={ROW}
        row={(index) => <FrameRow key={index} frame={value[index]!} start={call.startedAt} />}
      />
    </div>
  );
}

function Sum({ frames, side }: { readonly frames: readonly Frame[]; readonly side: "client" | "server" }) {
  const own = frames.filter(({ from }) => from === side);
  const count = own.reduce((sum, frame) => sum + (frame.count ?? 1), 0);
  const bytes = own.reduce((sum, { length }) => sum + length, 0);
  return (
    <span>
      <b class={side}>
        <Icon sign={side === "client" ? "↑" : "↓"} /> {formatWhole(count)}
      </b>{" "}
      frame{count === 1 ? "" : "s"}, {formatBytes(bytes)} and {formatBytes(count * HEADER_BYTES)} of framing
    </span>
  );
}

function FrameRow({ frame, start }: { readonly frame: Frame; readonly start: number }) {
  const { from, at, type, length, count } = frame;
  const isEnd = type === "RST_STREAM" || type === "GOAWAY";
  return (
    <div class={`frame-row ${from}`} role="row">
      <span class="since" role="gridcell">
        {formatSince(at - start)}
      </span>
      <span class="arrow" role="gridcell">
        <Icon sign={from === "client" ? "▶" : "◀"} />
      </span>
      <b role="gridcell" class={isEnd ? "s-serverFault" : from}>
        {type}
        {count !== undefined && <i> ×{formatWhole(count)}</i>}
      </b>
      <span class="size" role="gridcell">
        {formatWhole(length)}
      </span>
      <code role="gridcell">{says(frame)}</code>
    </div>
  );
}

function says({ type, flags, value = 0 }: Frame): string {
  if (type === "RST_STREAM") return `${http2ErrorName(value)} (${value})`;
  if (type === "WINDOW_UPDATE") return `+${formatWhole(value)} octets may be sent`;
  return flags.join(" ");
}
