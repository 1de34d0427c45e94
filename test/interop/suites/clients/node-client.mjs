// The gRPC interop cases by grpc-js: messages as octets, by a reader and writer of a few lines.
//   node-client.mjs PORT [CA NAME] CASE…    prints "PASS case" or "FAIL case why" for each; ends with 1 when one failed
// The cases are those of the public description, grpc/doc/interop-test-descriptions.md.
import { readFileSync } from "node:fs";
import { Client, compressionAlgorithms, credentials, Metadata, status } from "@grpc/grpc-js";

const [port, ...words] = process.argv.slice(2);
const [ca, name] = words[0]?.includes("/") ? words : [];
const SERVICE = "/grpc.testing.TestService/";
const ASKED = [27182, 8, 1828, 45904];
const ANSWERED = [31415, 9, 2653, 58979];
const TIMEOUT_MS = 20_000;

const varint = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))]);
const number = (field, value) => Buffer.from([field << 3, ...varint(value)]);
const octets = (field, value) => Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(value.length)]), value]);
const payload = (size) => octets(2, Buffer.alloc(size));
const wish = (code, message) => octets(7, Buffer.concat([number(1, code), octets(2, Buffer.from(message))]));
const simple = (answer, own, ...rest) => Buffer.concat([number(2, answer), octets(3, payload(own)), ...rest]);
const output = (sizes, own = 0, ...rest) =>
  Buffer.concat([...sizes.map((size) => octets(2, number(1, size))), octets(3, payload(own)), ...rest]);

/** The fields of a message that consists of numbers and octets, by number. */
function fields(message) {
  const found = new Map();
  let at = 0;
  const read = () => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      value += (message[at] & 127) * scale;
      if (message[at++] < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = read();
    let value = read();
    if ((tag & 7) === 2) {
      at += value;
      value = message.subarray(at - value, at);
    }
    found.set(tag >> 3, value);
  }
  return found;
}

const NONE = Buffer.alloc(0);
const bodySize = (answer) => (fields(fields(answer).get(1) ?? NONE).get(2) ?? NONE).length;

function check(holds, what = "not as expected") {
  if (!holds) throw new Error(typeof what === "string" ? what : JSON.stringify(what));
}

function connect(options = {}) {
  const trust = ca === undefined ? credentials.createInsecure() : credentials.createSsl(readFileSync(ca));
  return new Client(`127.0.0.1:${port}`, trust, {
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    ...(ca === undefined ? {} : { "grpc.ssl_target_name_override": name }),
    ...options,
  });
}

const client = connect();
const same = (value) => value;
const soon = (ms = TIMEOUT_MS) => ({ deadline: Date.now() + ms });

/** Waits for the end of a call. @returns its messages, metadata, status */
function ended(call, onMessage = () => {}) {
  return new Promise((resolve) => {
    const messages = [];
    let initial = new Metadata();
    call.on("data", (message) => {
      messages.push(message);
      onMessage(messages.length);
    });
    call.on("metadata", (metadata) => (initial = metadata));
    call.on("error", () => {});
    call.on("status", (end) =>
      resolve({ messages, initial, code: end.code, text: end.details, trailing: end.metadata }),
    );
  });
}

function unary(method, message, metadata = new Metadata(), by = client) {
  const call = by.makeServerStreamRequest(method, same, same, message, metadata, soon());
  return ended(call);
}

const duplex = (metadata = new Metadata(), options = soon()) =>
  client.makeBidiStreamRequest(`${SERVICE}FullDuplexCall`, same, same, metadata, options);

async function largeUnary(by) {
  const { code, text, messages } = await unary(`${SERVICE}UnaryCall`, simple(314159, 271828), new Metadata(), by);
  check(code === 0 && bodySize(messages[0]) === 314159, text);
}

async function statusOf(text) {
  const one = await unary(`${SERVICE}UnaryCall`, simple(1, 1, wish(2, text)));
  const call = duplex();
  call.end(output([], 0, wish(2, text)));
  const two = await ended(call);
  for (const end of [one, two]) check(end.code === status.UNKNOWN && end.text === text, end);
}

const CASES = {
  async empty_unary() {
    const { code, messages } = await unary(`${SERVICE}EmptyCall`, NONE);
    check(code === 0 && messages[0]?.length === 0);
  },
  large_unary: () => largeUnary(client),
  async gzip_unary() {
    const zipping = connect({ "grpc.default_compression_algorithm": compressionAlgorithms.gzip });
    await largeUnary(zipping);
    zipping.close();
  },
  async client_streaming() {
    const call = client.makeBidiStreamRequest(`${SERVICE}StreamingInputCall`, same, same, new Metadata(), soon());
    for (const size of ASKED) call.write(octets(1, payload(size)));
    call.end();
    const { messages } = await ended(call);
    check(fields(messages[0]).get(1) === ASKED.reduce((sum, size) => sum + size));
  },
  async server_streaming() {
    const { code, messages } = await unary(`${SERVICE}StreamingOutputCall`, output(ANSWERED));
    check(code === 0 && String(messages.map(bodySize)) === String(ANSWERED), messages.map(bodySize));
  },
  async ping_pong() {
    const call = duplex();
    const ask = (index) => (index < 4 ? call.write(output([ANSWERED[index]], ASKED[index])) : call.end());
    const whole = ended(call, ask);
    ask(0);
    const { code, messages } = await whole;
    check(code === 0 && String(messages.map(bodySize)) === String(ANSWERED));
  },
  async empty_stream() {
    const call = duplex();
    call.end();
    const { code, messages } = await ended(call);
    check(code === 0 && messages.length === 0);
  },
  async timeout_on_sleeping_server() {
    const call = duplex(new Metadata(), soon(1));
    call.write(output([], 27182));
    const { code } = await ended(call);
    // The server's RST_STREAM may come before grpc-js's own timer, which then says CANCELLED, without a proxy as well.
    check(code === status.DEADLINE_EXCEEDED || code === status.CANCELLED, code);
  },
  async cancel_after_begin() {
    const call = duplex();
    call.cancel();
    check((await ended(call)).code === status.CANCELLED);
  },
  async cancel_after_first_response() {
    const call = duplex();
    const whole = ended(call, () => call.cancel());
    call.write(output([31415], 27182));
    check((await whole).code === status.CANCELLED);
  },
  status_code_and_message: () => statusOf("test status message"),
  special_status_message: () =>
    statusOf("\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1f608}\t\n"),
  async unimplemented_method() {
    check((await unary(`${SERVICE}UnimplementedCall`, NONE)).code === status.UNIMPLEMENTED);
  },
  async unimplemented_service() {
    const { code } = await unary("/grpc.testing.UnimplementedService/UnimplementedCall", NONE);
    check(code === status.UNIMPLEMENTED);
  },
  async custom_metadata() {
    const metadata = new Metadata();
    const octet = Buffer.from("0a0b0a0b0a0b", "hex");
    metadata.set("x-grpc-test-echo-initial", "test_initial_metadata_value");
    metadata.set("x-grpc-test-echo-trailing-bin", octet);
    const one = await unary(`${SERVICE}UnaryCall`, simple(314159, 271828), metadata);
    const call = duplex(metadata);
    call.end(output([314159], 271828));
    for (const { initial, trailing } of [one, await ended(call)]) {
      check(String(initial.get("x-grpc-test-echo-initial")) === "test_initial_metadata_value", "initial");
      check(octet.equals(trailing.get("x-grpc-test-echo-trailing-bin")[0] ?? NONE), "trailing");
    }
  },
  async parallel_100() {
    const calls = Array.from({ length: 100 }, (_, index) => unary(`${SERVICE}UnaryCall`, simple(1000 + index, index)));
    for (const [index, { messages }] of (await Promise.all(calls)).entries())
      check(bodySize(messages[0] ?? NONE) === 1000 + index, String(index));
  },
};

let failed = 0;
for (const each of words.slice(ca === undefined ? 0 : 2)) {
  try {
    await CASES[each]();
    console.log(`PASS ${each}`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${each} ${String(error.message).slice(0, 300)}`);
  }
}
process.exit(failed > 0 ? 1 : 0);
