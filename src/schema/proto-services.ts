// Services and their methods in .proto text.
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  type MethodDescriptorProto,
  MethodDescriptorProtoSchema,
  MethodOptionsSchema,
  type ServiceDescriptorProto,
  ServiceDescriptorProtoSchema,
  ServiceOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { type ProtoDraft, within } from "./proto-draft.js";

export function readService(draft: ProtoDraft, home: ServiceDescriptorProto[], scope: string): void {
  const cursor = draft.cursor;
  const at = cursor.at;
  const service = create(ServiceDescriptorProtoSchema, { name: cursor.identifier("the service's name") });
  if (draft.fresh(service.name, home, at)) home.push(service);
  const options = draft.optionList("ServiceOptions", scope, (encoded) => {
    service.options = fromBinary(ServiceOptionsSchema, encoded);
  });
  cursor.expect("{", "before the service's methods");
  while (!cursor.accept("}")) {
    if (cursor.accept(";")) continue;
    if (cursor.accept("option")) {
      draft.optionStatement(options.statements);
      continue;
    }
    const methodAt = cursor.at;
    cursor.expect("rpc", "or option in the service");
    const method = readMethod(draft, within(scope, service.name));
    if (draft.fresh(method.name, service.method, methodAt)) service.method.push(method);
  }
}

function readMethod(draft: ProtoDraft, scope: string): MethodDescriptorProto {
  const cursor = draft.cursor;
  const method = create(MethodDescriptorProtoSchema, { name: cursor.identifier("the method's name") });
  const options = draft.optionList("MethodOptions", scope, (encoded) => {
    method.options = fromBinary(MethodOptionsSchema, encoded);
  });
  const readType = (kind: "input" | "output"): { readonly name: string; readonly streaming: boolean } => {
    cursor.expect("(", `before the ${kind} type`);
    const streaming = draft.acceptKeyword("stream", ".");
    draft.references.push({ kind, method, scope, at: cursor.at });
    const name = cursor.dottedName(`the ${kind} type`);
    cursor.expect(")", `after the ${kind} type`);
    return { name, streaming };
  };
  const input = readType("input");
  cursor.expect("returns", "after the input type");
  const output = readType("output");
  method.inputType = input.name;
  method.outputType = output.name;
  if (input.streaming) method.clientStreaming = true;
  if (output.streaming) method.serverStreaming = true;
  if (cursor.accept("{")) {
    // protoc writes down that there were braces
    method.options = create(MethodOptionsSchema);
    while (!cursor.accept("}")) {
      if (cursor.accept(";")) continue;
      cursor.expect("option", `or "}" in the method`);
      draft.optionStatement(options.statements);
    }
    return method;
  }
  cursor.expect(";", "at the end of the method");
  return method;
}
