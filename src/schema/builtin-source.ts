// The types that everybody's services use: google.protobuf from @bufbuild/protobuf, the others from the texts in builtin/.
import type { DescFile } from "@bufbuild/protobuf";
import {
  file_google_protobuf_any,
  file_google_protobuf_api,
  file_google_protobuf_compiler_plugin,
  file_google_protobuf_cpp_features,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
} from "@bufbuild/protobuf/wkt";
import { file_google_protobuf_go_features } from "@bufbuild/protobuf/wkt/google/protobuf/go_features_pb.js";
import { file_google_protobuf_java_features } from "@bufbuild/protobuf/wkt/google/protobuf/java_features_pb.js";
import { GOOGLE_API_FILES } from "./builtin/google-api.js";
import { GOOGLE_RPC_FILES } from "./builtin/google-rpc.js";
import { GOOGLE_TYPE_FILES } from "./builtin/google-type.js";
import { GRPC_FILES } from "./builtin/grpc.js";
import { DescriptorPool, type PoolFile } from "./descriptor-pool.js";
import { outlineOf } from "./outline.js";
import type { ParsedFile } from "./parsed-file.js";
import { ProblemList, type SchemaProblem } from "./problems.js";
import { parseProto } from "./proto-parser.js";
import { positionOf } from "./proto-tokens.js";
import type { SchemaSource } from "./schema-source.js";

const PROTOBUF_FILES: readonly DescFile[] = [
  file_google_protobuf_any,
  file_google_protobuf_api,
  file_google_protobuf_compiler_plugin,
  file_google_protobuf_cpp_features,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_go_features,
  file_google_protobuf_java_features,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
];

const TEXTS: Readonly<Record<string, string>> = {
  ...GOOGLE_RPC_FILES,
  ...GOOGLE_TYPE_FILES,
  ...GRPC_FILES,
  ...GOOGLE_API_FILES,
};

/** The built-in types as a source; they never change. */
export function builtinSource(): SchemaSource {
  const problems = new ProblemList();
  const files = [...PROTOBUF_FILES.map(protobufFile), ...Object.entries(TEXTS).map(textFile)];
  const byName = new Map(files.map((file) => [file.name, file]));
  const pool = new DescriptorPool({ files, findImport: (_, name) => byName.get(name) }, (problem) =>
    problems.add(problem),
  );
  return {
    name: "built in",
    pool,
    get problems(): readonly SchemaProblem[] {
      return problems.all;
    },
    onChange: () => () => {},
    close: () => {},
  };
}

function protobufFile({ proto }: DescFile): PoolFile {
  const full = (type: { readonly name: string }) => `${proto.package}.${type.name}`;
  const extendees = [...proto.extension, ...proto.messageType.flatMap((type) => type.extension)];
  return {
    key: proto.name,
    name: proto.name,
    label: `${proto.name} (built in)`,
    outline: {
      package: proto.package,
      types: [...proto.messageType, ...proto.enumType].map(full),
      services: proto.service.map(full),
      extendees: extendees.map((field) => field.extendee.slice(field.extendee.lastIndexOf(".") + 1)),
    },
    load: () => resolved(proto),
  };
}

function resolved(proto: DescFile["proto"]): ParsedFile {
  const imports = proto.dependency.map((name) => ({ name, at: 0 }));
  return { proto, imports, references: [], options: [], faults: [], position: () => undefined };
}

function textFile([name, text]: readonly [string, string]): PoolFile {
  const label = `${name} (built in)`;
  return {
    key: name,
    name,
    label,
    outline: outlineOf(text),
    load: () => {
      const parsed = parseProto(text, name);
      if (!("failure" in parsed)) return parsed;
      const { message, at } = parsed.failure;
      return { file: label, ...positionOf(text, at), message, severity: "error" };
    },
  };
}
