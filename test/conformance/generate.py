#!/usr/bin/env python3
"""Seeded messages of every type of a folder of .proto files, with the JSON that Python's protobuf writes for them.

usage: generate.py FOLDER OUT [PER_TYPE] [SEED]        needs: pip install grpcio-tools protobuf
Writes OUT.binpb (a FileDescriptorSet made by protoc) and OUT.ndjson ({"type", "bytes", "json"} a line).
Files that protoc does not accept are left out, and told on stderr.
"""
import base64, json, os, random, struct, subprocess, sys
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.descriptor import FieldDescriptor as F

MAX_DEPTH = 4
WELL_KNOWN = "google.protobuf."
TEXTS = ["", "a", "hello world", "Zażółć gęślą jaźń", "日本語", "👩‍💻", '"quoted" \\ /slash/', "tab\tline\nend\r\0", "\u2028\u202e\x7f\x85", "__proto__", "x" * 300]
INTS = [0, 1, -1, 2, 127, 128, 255, 300, 2**31 - 1, -(2**31), 2**32 - 1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1]
FLOATS = [0.0, -0.0, 0.1, 1.5, -2.25, 1e10, 1e21, 1e-7, 3.4028235e38, 1.17549435e-38, 1e-45, float("inf"), float("-inf"), float("nan"), 16777217.0, 123456.789]
RANGES = {F.CPPTYPE_INT32: (-(2**31), 2**31 - 1), F.CPPTYPE_UINT32: (0, 2**32 - 1), F.CPPTYPE_INT64: (-(2**63), 2**63 - 1), F.CPPTYPE_UINT64: (0, 2**64 - 1)}


class Generator:
    def __init__(self, pool, seed):
        self.pool, self.random = pool, random.Random(seed)

    def scalar(self, field):
        r, kind = self.random, field.cpp_type
        if kind in RANGES:
            low, high = RANGES[kind]
            return r.choice([v for v in INTS if low <= v <= high]) if r.random() < 0.6 else r.randint(low, high)
        if kind == F.CPPTYPE_BOOL:
            return r.random() < 0.5
        if kind == F.CPPTYPE_STRING:
            if field.type == F.TYPE_BYTES:
                return bytes(r.randrange(256) for _ in range(r.choice([0, 1, 2, 3, 20, 200])))
            return r.choice(TEXTS)
        if kind == F.CPPTYPE_ENUM:
            numbers = [v.number for v in field.enum_type.values]
            if not field.enum_type.is_closed and r.random() < 0.1:
                return r.choice([12345, -7])
            return r.choice(numbers)
        if kind == F.CPPTYPE_FLOAT:
            value = r.choice(FLOATS) if r.random() < 0.6 else struct.unpack("<f", r.randbytes(4))[0]
            return struct.unpack("<f", struct.pack("<f", value))[0]
        return r.choice(FLOATS) if r.random() < 0.6 else struct.unpack("<d", r.randbytes(8))[0]

    def well_known(self, message):
        """@returns whether it has been filled as its JSON form allows"""
        r, name = self.random, message.DESCRIPTOR.full_name.removeprefix(WELL_KNOWN)
        if name == "Timestamp":
            message.seconds = r.choice([0, 1795356131, -62135596800, 253402300799, r.randint(-62135596800, 253402300799)])
            message.nanos = r.choice([0, 500_000_000, 1_000, 1, 999_999_999])
        elif name == "Duration":
            sign = r.choice([1, -1])
            message.seconds = sign * r.choice([0, 1, 315_576_000_000, r.randint(0, 10**9)])
            message.nanos = sign * r.choice([0, 500_000_000, 1_000, 1, 999_999_999])
        elif name == "FieldMask":
            message.paths.extend(r.sample(["a", "foo_bar", "user.display_name", "b.c.d"], r.randint(0, 3)))
        elif name == "Struct":
            for key in r.sample(TEXTS, r.randint(0, 3)):
                self.value(message.fields[key], 0)
        elif name == "Value":
            self.value(message, 0)
        elif name == "ListValue":
            for _ in range(r.randint(0, 3)):
                self.value(message.values.add(), 0)
        elif name == "Any":
            if r.random() < 0.9:
                choices = ["Timestamp", "Duration", "Struct", "StringValue", "Empty", "Any"]
                inner = message_factory.GetMessageClass(self.pool.FindMessageTypeByName(WELL_KNOWN + r.choice(self.known(choices))))()
                self.fill(inner, MAX_DEPTH - 1)
                message.Pack(inner)
        else:
            return False
        return True

    def known(self, names):
        found = []
        for name in names:
            try:
                self.pool.FindMessageTypeByName(WELL_KNOWN + name)
                found.append(name)
            except KeyError:
                pass
        return found

    def value(self, value, depth):
        r = self.random
        kind = r.randrange(6 if depth < 3 else 4)
        if kind == 0:
            value.null_value = 0
        elif kind == 1:
            value.number_value = r.choice([0.0, 1.0, -1.5, 1e100, 0.1])
        elif kind == 2:
            value.string_value = r.choice(TEXTS)
        elif kind == 3:
            value.bool_value = r.random() < 0.5
        elif kind == 4:
            value.struct_value.SetInParent()
            for key in r.sample(TEXTS, r.randint(0, 2)):
                self.value(value.struct_value.fields[key], depth + 1)
        else:
            value.list_value.SetInParent()
            for _ in range(r.randint(0, 3)):
                self.value(value.list_value.values.add(), depth + 1)

    def fill(self, message, depth=0):
        if message.DESCRIPTOR.full_name.startswith(WELL_KNOWN) and self.well_known(message):
            return
        fields = list(message.DESCRIPTOR.fields)
        chance = 0.5 if len(fields) < 40 else 0.25
        for field in fields:
            if field.is_required or self.random.random() < chance:
                self.field(message, field, depth)
        for extension in self.pool.FindAllExtensions(message.DESCRIPTOR):
            if self.random.random() < chance:
                self.extension(message, extension, depth)

    def field(self, message, field, depth):
        r = self.random
        deep = field.message_type is not None and depth >= MAX_DEPTH
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            value = field.message_type.fields_by_name["value"]
            if value.message_type is not None and depth >= MAX_DEPTH:
                return
            for _ in range(r.randint(0, 3)):
                key = self.scalar(field.message_type.fields_by_name["key"])
                if value.message_type is not None:
                    self.fill(getattr(message, field.name)[key], depth + 1)
                else:
                    getattr(message, field.name)[key] = self.scalar(value)
        elif field.is_repeated:
            if deep:
                return
            for _ in range(r.choice([0, 1, 2, 5])):
                if field.message_type is not None:
                    self.fill(getattr(message, field.name).add(), depth + 1)
                else:
                    getattr(message, field.name).append(self.scalar(field))
        elif field.message_type is not None:
            if deep and not field.is_required:
                return
            getattr(message, field.name).SetInParent()
            self.fill(getattr(message, field.name), depth + 1)
        else:
            setattr(message, field.name, self.scalar(field))

    def extension(self, message, field, depth):
        if field.is_repeated:
            for _ in range(self.random.choice([0, 1, 3])):
                if field.message_type is not None:
                    self.fill(message.Extensions[field].add(), max(depth + 1, MAX_DEPTH - 1))
                else:
                    message.Extensions[field].append(self.scalar(field))
        elif field.message_type is not None:
            if depth < MAX_DEPTH:
                self.fill(message.Extensions[field], depth + 1)
                message.Extensions[field].SetInParent()
        else:
            message.Extensions[field] = self.scalar(field)


def compile_folder(folder, out):
    """One protoc for all files; those that it names in its errors are left out of the next try."""
    files = sorted(os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names if name.endswith(".proto"))
    include = os.path.join(os.path.dirname(__import__("grpc_tools").__file__), "_proto")
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I", ".", "-I", include, "--include_imports", "-o", os.path.abspath(out)]
    while True:
        result = subprocess.run([*command, *files], capture_output=True, text=True, cwd=folder)
        if result.returncode == 0:
            return files
        lines = [line for line in result.stderr.splitlines() if "warning" not in line]
        bad = {line.split(":")[0].removeprefix("./") for line in lines} & set(files)
        if not bad:
            sys.exit(result.stderr)
        for name in sorted(bad):
            print(f"left out {next(line for line in lines if name in line)}", file=sys.stderr)
        files = [name for name in files if name not in bad]


def message_types(container):
    for message in container:
        if not message.GetOptions().map_entry:
            yield message
            yield from message_types(message.nested_types)


def main(folder, out, per_type="3", seed="1"):
    files = compile_folder(folder, out + ".binpb")
    with open(out + ".binpb", "rb") as source:
        descriptors = descriptor_pb2.FileDescriptorSet.FromString(source.read())
    pool = descriptor_pool.DescriptorPool()
    for file in descriptors.file:
        pool.Add(file)
    types = 0
    with open(out + ".ndjson", "w") as target:
        for name in files:
            for descriptor in message_types(pool.FindFileByName(name).message_types_by_name.values()):
                types += 1
                make = message_factory.GetMessageClass(descriptor)
                generator = Generator(pool, f"{seed}/{descriptor.full_name}")
                for _ in range(int(per_type)):
                    message = make()
                    generator.fill(message)
                    text = json_format.MessageToJson(message, indent=None, descriptor_pool=pool, ensure_ascii=True)
                    line = {"type": descriptor.full_name, "bytes": base64.b64encode(message.SerializeToString()).decode(), "json": json.loads(text)}
                    target.write(json.dumps(line) + "\n")
    print(f"{len(files)} files, {types} message types, {types * int(per_type)} messages", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
