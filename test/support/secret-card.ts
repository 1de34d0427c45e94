// A type with something to hide, as a server may tell it.
import { create, toBinary } from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";

/** message Card { string number = 1 [debug_redact = true]; } service Cards { rpc Put(Card) returns (Card); } */
export const CARDS_FILE = toBinary(
  FileDescriptorProtoSchema,
  create(FileDescriptorProtoSchema, {
    ...{ name: "cards.proto", package: "acme", syntax: "proto3" },
    messageType: [
      {
        name: "Card",
        field: [
          {
            ...{ name: "number", jsonName: "number", number: 1, type: Type.STRING, label: Label.OPTIONAL },
            options: { debugRedact: true },
          },
        ],
      },
    ],
    service: [{ name: "Cards", method: [{ name: "Put", inputType: ".acme.Card", outputType: ".acme.Card" }] }],
  }),
);
