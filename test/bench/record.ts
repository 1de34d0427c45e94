// The benchmark's message: a small record of a user, as long as is asked for, so that what decodes has something to decode.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

const PROTO = `syntax = "proto3";
package bench.v1;

message Record {
  int32 id = 1;
  string name = 2;
  string email = 3;
  repeated int32 scores = 4;
  double ratio = 5;
  bool active = 6;
  string note = 7;
}

service Bench {
  rpc Call(Record) returns (stream Record);
}
`;

/** Writes the schema. @returns its path */
export function writeSchema(folder: string): string {
  const path = join(folder, "bench.proto");
  writeFileSync(path, PROTO);
  return path;
}

/** Everything but the note: 46 bytes. */
const FIXED = Buffer.concat([
  Buffer.from([0x08, 0xe9, 0x07]), // id: 1001
  Buffer.from([0x12, 5]),
  Buffer.from("Alice"),
  Buffer.from([0x1a, 17]),
  Buffer.from("alice@example.com"),
  Buffer.from([0x22, 4, 1, 2, 3, 4]), // scores, packed
  Buffer.from([0x29, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f]), // ratio: 0.5
  Buffer.from([0x30, 1]), // active: true
]);

/** A record of exactly so many bytes; below 48 a note alone, and nothing but zeroes where not even that fits. */
export function record(bytes: number): Buffer {
  const fixed = bytes >= FIXED.length + 2 ? FIXED : Buffer.alloc(0);
  for (let text = bytes - fixed.length - 2; text >= 0; text--) {
    const head = [0x3a, ...varint(text)];
    if (fixed.length + head.length + text === bytes)
      return Buffer.concat([fixed, Buffer.from(head), Buffer.alloc(text, "framelens ")]);
  }
  return Buffer.alloc(bytes);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
