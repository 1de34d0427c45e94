// What a method's messages weigh on the wire, as protobuf and as JSON, and which fields that is: from a sample of the latest.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Side } from "../../../src/model/fields.js";
import { formatBytes } from "../../../src/view/format.js";
import { link } from "../state/session.js";
import { type FieldSize, FieldSizes } from "./field-sizes.js";

const SAMPLE_CALLS = 12;
/** Of each side of a call. */
const SAMPLE_MESSAGES = 2;
const TOP_FIELDS = 10;

interface Sample {
  readonly messages: number;
  readonly wire: number;
  readonly protobuf: number;
  readonly json: number;
  readonly fields: readonly FieldSize[];
}

export function SizesPanel({ method }: { readonly method: string }) {
  const sample = useSignal<Sample | undefined>(undefined);
  useEffect(() => {
    let isOver = false;
    const tell = (next: Sample) => {
      if (!isOver) sample.value = next;
    };
    measure(method, tell, () => isOver).catch(() => {});
    return () => {
      isOver = true;
    };
  }, [method]);
  const { value } = sample;
  if (value === undefined || value.messages === 0) return null;
  const { wire, protobuf, json, messages, fields } = value;
  const most = Math.max(1, wire, protobuf, json);
  const widest = Math.max(1, ...fields.map((field) => Math.max(field.protobuf, field.json)));
  return (
    <>
      <figure>
        <figcaption>
          Size <i>of the latest {messages} messages</i>
        </figcaption>
        <div class="weights">
          <Weight name="on the wire" bytes={wire} most={most} of={protobuf} />
          <Weight name="protobuf" bytes={protobuf} most={most} of={protobuf} />
          {json > 0 && <Weight name="as JSON" bytes={json} most={most} of={protobuf} />}
        </div>
      </figure>
      {fields.length > 0 && (
        <figure>
          <figcaption>
            Fields by size <i>protobuf over JSON</i>
          </figcaption>
          <div class="weights fields">
            {fields.map((field) => (
              <div key={field.path} class="weight">
                <code>{field.path}</code>
                <span class="track">
                  <span style={{ width: `${(100 * field.protobuf) / widest}%` }} />
                  <span class="as-json" style={{ width: `${(100 * field.json) / widest}%` }} />
                </span>
                <b>{formatBytes(field.protobuf)}</b>
                <i>{field.json === 0 ? "" : formatBytes(field.json)}</i>
              </div>
            ))}
          </div>
        </figure>
      )}
    </>
  );
}

interface WeightProps {
  readonly name: string;
  readonly bytes: number;
  readonly most: number;
  readonly of: number;
}

function Weight({ name, bytes, most, of }: WeightProps) {
  return (
    <div class="weight">
      <span>{name}</span>
      <span class="track">
        <span class={name === "as JSON" ? "as-json" : ""} style={{ width: `${(100 * bytes) / most}%` }} />
      </span>
      <b>{formatBytes(bytes)}</b>
      <i>{of === 0 || bytes === of ? "" : `${(bytes / of).toFixed(1)}×`}</i>
    </div>
  );
}

async function measure(method: string, tell: (sample: Sample) => void, isOver: () => boolean): Promise<void> {
  const filter = `method == ${JSON.stringify(method)}`;
  const { calls } = await link.ask("list", { op: "list", filter, limit: SAMPLE_CALLS });
  const fields = new FieldSizes();
  let sums = { messages: 0, wire: 0, protobuf: 0, json: 0 };
  for (const { call, client, server } of calls) {
    const wanted: (readonly [Side, number])[] = [];
    for (let index = 0; index < SAMPLE_MESSAGES; index++) {
      if (index < client.messages) wanted.push(["client", index]);
      if (index < server.messages) wanted.push(["server", index]);
    }
    const read = await Promise.all(
      wanted.map(async ([side, index]) => {
        const common = { op: "get", call, side, index } as const;
        return Promise.all([
          link.ask("message", { ...common, as: "tree" }),
          link.ask("message", { ...common, as: "json" }),
        ]).catch(() => undefined);
      }),
    );
    if (isOver()) return;
    for (const pair of read) {
      const [tree, said] = pair ?? [];
      if (tree?.sizes === undefined) continue;
      const { wire, protobuf = wire, json = 0 } = tree.sizes;
      sums = {
        messages: sums.messages + 1,
        wire: sums.wire + wire,
        protobuf: sums.protobuf + protobuf,
        json: sums.json + json,
      };
      fields.add(tree.rows ?? [], said?.json);
    }
    tell({ ...sums, fields: fields.top(TOP_FIELDS) });
  }
}
