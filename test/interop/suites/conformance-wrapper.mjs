// Stands in for a client or a server of the Connect conformance suite and puts framelens between the two.
//   conformance-wrapper.mjs server|client FOLDER-OF-THE-CA COMMAND…
// Client and server of the suite are told of each other in messages behind four octets of length (conformance/v1/*_compat.proto).
// Here host, port and certificate of those messages become framelens's; all else passes as it is.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { framelensCa, startFramelens } from "./programs.mjs";

const [mode, caDir, ...command] = process.argv.slice(2);
const ca = readFileSync(framelensCa(caDir));
/** Field numbers in ServerCompatResponse, and in ClientCompatRequest. */
const FIELD = mode === "server" ? { host: 1, port: 2, certificate: 3 } : { host: 6, port: 7, certificate: 8 };

/** One framelens for each server. */
const running = new Map();

function framelensFor(upstream) {
  if (!running.has(upstream)) running.set(upstream, startFramelens(upstream, caDir));
  return running.get(upstream);
}

async function rewritten(message) {
  const fields = [...readFields(message)];
  const field = (number) => fields.find((one) => one.number === number)?.value;
  const host = field(FIELD.host)?.toString() || "127.0.0.1";
  // As the client speaks: the suite has servers with TLS and without.
  const { port } = await framelensFor(`${host}:${field(FIELD.port)}`);
  return Buffer.concat(
    fields.map(({ number, value, octets }) => {
      if (number === FIELD.host) return lengthDelimited(number, Buffer.from("127.0.0.1"));
      if (number === FIELD.port) return Buffer.concat([varint(number << 3), varint(port)]);
      if (number === FIELD.certificate && value.length > 0) return lengthDelimited(number, ca);
      return octets;
    }),
  );
}

async function passOn(from, to) {
  let bytes = Buffer.alloc(0);
  for await (const chunk of from) {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32BE(0)) {
      const end = 4 + bytes.readUInt32BE(0);
      const message = await rewritten(bytes.subarray(4, end));
      const prefix = Buffer.alloc(4);
      prefix.writeUInt32BE(message.length);
      to.write(Buffer.concat([prefix, message]));
      bytes = bytes.subarray(end);
    }
  }
}

function* readFields(bytes) {
  for (let at = 0; at < bytes.length; ) {
    const start = at;
    const [tag, afterTag] = readVarint(bytes, at);
    const [number, wireType] = [tag >>> 3, tag & 7];
    if (wireType !== 0 && wireType !== 2) throw new Error(`wire type ${wireType} in a message of the suite`);
    const [value, afterValue] = readVarint(bytes, afterTag);
    at = wireType === 0 ? afterValue : afterValue + value;
    yield { number, value: wireType === 0 ? value : bytes.subarray(afterValue, at), octets: bytes.subarray(start, at) };
  }
}

/** Below 2^53, which all numbers here are. */
function readVarint(bytes, start) {
  let value = 0;
  for (let at = start, scale = 1; ; at++, scale *= 128) {
    value += (bytes[at] & 127) * scale;
    if (bytes[at] < 128) return [value, at + 1];
  }
}

function varint(value) {
  const octets = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...octets, left]);
    octets.push((left % 128) | 128);
  }
}

const lengthDelimited = (number, value) => Buffer.concat([varint((number << 3) | 2), varint(value.length), value]);

const child = spawn(command[0], command.slice(1), {
  stdio: mode === "server" ? ["inherit", "pipe", "inherit"] : ["pipe", "inherit", "inherit"],
});
const passing = mode === "server" ? passOn(child.stdout, process.stdout) : passOn(process.stdin, child.stdin);
passing
  .then(() => child.stdin?.end())
  .catch((error) => {
    process.stderr.write(`conformance-wrapper: ${error.message}\n`);
    child.kill();
  });
child.on("exit", async (code, signal) => {
  for (const framelens of running.values()) (await framelens).stop();
  process.exit(code ?? (signal === "SIGTERM" ? 0 : 1));
});
process.removeAllListeners("SIGTERM");
process.on("SIGTERM", () => child.kill("SIGTERM"));
