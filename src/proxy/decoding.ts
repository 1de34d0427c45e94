// What a proxy's messages are decoded with: named schemas, what servers tell by reflection, and what others are overheard to be told.

import type { Capture } from "../capture/capture.js";
import type { MessageGuesser } from "../message/guess.js";
import type { CaptureEvent, DroppedEvent } from "../model/events.js";
import type { Field } from "../model/fields.js";
import type { DialOptions } from "../relay/dial.js";
import { MessageDecoder } from "../schema/message-decoder.js";
import type { SourceCall } from "../schema/reflection/asked-server.js";
import { ReflectionSource } from "../schema/reflection/source.js";
import { dialPeer } from "../schema/reflection/upstream.js";
import { RANK, type SchemaSet } from "../schema/schema-set.js";
import { MessageReader } from "../session/message-reader.js";

export interface DecodingOptions {
  /** What the user named, which counts first; the decoding's to close. */
  readonly schema: SchemaSet;
  /** Asks servers for methods that the schema does not know. */
  readonly reflect: boolean;
  /** Sent with what is asked. */
  readonly reflectHeaders: readonly Field[];
  /** Shows what the schema marks `debug_redact`. */
  readonly showSecrets: boolean;
  readonly guesser?: MessageGuesser | undefined;
  /** What one message may inflate to; default as {@link MessageReader}. */
  readonly maxInflatedBytes?: number | undefined;
  /** Is told of each question to a server. */
  readonly onCall?: ((call: SourceCall) => void) | undefined;
}

/** Whose messages are decoded. */
export interface DecodedTraffic {
  readonly capture: Capture;
  /** How its servers are reached; undefined where nobody can ask them any more. */
  readonly dialOptions?: DialOptions | undefined;
}

export interface Decoding {
  readonly messages: MessageReader;
  /** The one it was started with, and all that was learned since. */
  readonly schema: SchemaSet;
  /** Takes every event, each once and in order: where services are, and what passes by of reflection. */
  see(event: CaptureEvent | DroppedEvent): void;
  /** Stops watching files and asking servers; what is known stays usable. */
  close(): void;
}

export function startDecoding({ capture, dialOptions }: DecodedTraffic, options: DecodingOptions): Decoding {
  const { schema, guesser, maxInflatedBytes } = options;
  const reflection = new ReflectionSource({
    ask: options.reflect && dialOptions !== undefined,
    dial: (peer, giveUp) => dialPeer(peer, dialOptions!, giveUp),
    messageBytes: (seq) => capture.messageBytes(seq),
    addSource: (source) => schema.add(source, RANK.reflection),
    onOverheard: (files) => void schema.addDescriptors("reflection overheard", files, RANK.overheard),
    ...(options.onCall === undefined ? {} : { onCall: options.onCall }),
    headers: options.reflectHeaders,
    now: () => performance.now(),
  });
  schema.add(reflection, RANK.reflection);
  const decoder = new MessageDecoder(schema, !options.showSecrets);
  const messages = new MessageReader({ capture, decoder, guesser, maxInflatedBytes });
  return {
    messages,
    schema,
    see: (event) => reflection.see(event),
    close() {
      messages.close();
      decoder.close();
      schema.close();
    },
  };
}
