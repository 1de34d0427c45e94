"""The gRPC interop cases by Python's grpcio, which is the C core: messages as octets, so nothing but grpcio is needed.

python_client.py PORT [CA NAME] CASE...   prints "PASS case" or "FAIL case why" for each; ends with 1 when one failed.
The cases are those of the public description, grpc/doc/interop-test-descriptions.md.
"""

import queue
import sys

import grpc

SERVICE = "/grpc.testing.TestService/"
TIMEOUT = 20
ECHO = (("x-grpc-test-echo-initial", "test_initial_metadata_value"), ("x-grpc-test-echo-trailing-bin", b"\x0a\x0b" * 3))
ASKED = (27182, 8, 1828, 45904)
ANSWERED = (31415, 9, 2653, 58979)


def varint(number):
    octets = bytearray()
    while number > 127:
        octets.append(number & 127 | 128)
        number >>= 7
    return bytes([*octets, number])


def number(field, value):
    return varint(field << 3) + varint(value)


def octets(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def payload(size):
    return octets(2, bytes(size))


def status(code, message):
    return octets(7, number(1, code) + octets(2, message.encode()))


def simple(answer, own, rest=b""):
    return number(2, answer) + octets(3, payload(own)) + rest


def output(sizes, own=0, rest=b""):
    return b"".join(octets(2, number(1, size)) for size in sizes) + octets(3, payload(own)) + rest


def fields(message):
    """The fields of a message that consists of numbers and octets: (number, value)."""
    at = 0

    def read():
        nonlocal at
        value = shift = 0
        while True:
            octet = message[at]
            at += 1
            value |= (octet & 127) << shift
            shift += 7
            if octet < 128:
                return value

    while at < len(message):
        tag = read()
        value = read()
        if tag & 7 == 2:
            value, at = message[at : at + value], at + value
        yield tag >> 3, value


def body_size(answer):
    return len(dict(fields(dict(fields(answer)).get(1, b""))).get(2, b""))


def check(holds, what="not as expected"):
    if not holds:
        raise AssertionError(what)


class Requests:
    """What a call sends, as it is added."""

    def __init__(self):
        self.waiting = queue.Queue()

    def __iter__(self):
        return iter(self.waiting.get, None)

    add = property(lambda self: self.waiting.put)

    def end(self):
        self.waiting.put(None)


class Cases:
    def __init__(self, channel):
        same = {"request_serializer": bytes, "response_deserializer": bytes}
        self.empty = channel.unary_unary(SERVICE + "EmptyCall", **same)
        self.unary = channel.unary_unary(SERVICE + "UnaryCall", **same)
        self.upload = channel.stream_unary(SERVICE + "StreamingInputCall", **same)
        self.download = channel.unary_stream(SERVICE + "StreamingOutputCall", **same)
        self.duplex = channel.stream_stream(SERVICE + "FullDuplexCall", **same)
        self.no_method = channel.unary_unary(SERVICE + "UnimplementedCall", **same)
        self.no_service = channel.unary_unary("/grpc.testing.UnimplementedService/UnimplementedCall", **same)

    def empty_unary(self):
        check(self.empty(b"", timeout=TIMEOUT) == b"")

    def large_unary(self, **options):
        check(body_size(self.unary(simple(314159, 271828), timeout=TIMEOUT, **options)) == 314159)

    def gzip_unary(self):
        self.large_unary(compression=grpc.Compression.Gzip)

    def client_streaming(self):
        answer = self.upload((octets(1, payload(size)) for size in ASKED), timeout=TIMEOUT)
        check(dict(fields(answer)) == {1: sum(ASKED)})

    def server_streaming(self):
        sizes = [body_size(answer) for answer in self.download(output(ANSWERED), timeout=TIMEOUT)]
        check(sizes == list(ANSWERED), sizes)

    def ping_pong(self):
        requests = Requests()
        answers = self.duplex(iter(requests), timeout=TIMEOUT)
        for asked, answered in zip(ASKED, ANSWERED):
            requests.add(output([answered], asked))
            check(body_size(next(answers)) == answered)
        requests.end()
        check(list(answers) == [])

    def empty_stream(self):
        check(list(self.duplex(iter(()), timeout=TIMEOUT)) == [])

    def timeout_on_sleeping_server(self):
        requests = Requests()
        requests.add(output([], 27182))
        self.fails(lambda: list(self.duplex(iter(requests), timeout=0.001)), "DEADLINE_EXCEEDED")
        requests.end()

    def cancel_after_begin(self):
        requests = Requests()
        call = self.upload.future(iter(requests))
        call.cancel()
        check(call.code() is grpc.StatusCode.CANCELLED, call.code())
        requests.end()

    def cancel_after_first_response(self):
        requests = Requests()
        requests.add(output([31415], 27182))
        answers = self.duplex(iter(requests), timeout=TIMEOUT)
        next(answers)
        answers.cancel()
        self.fails(lambda: next(answers), "CANCELLED")
        requests.end()

    def status_code_and_message(self, message="test status message"):
        wish = status(2, message)
        self.fails(lambda: self.unary(simple(1, 1, wish), timeout=TIMEOUT), "UNKNOWN", message)
        self.fails(lambda: list(self.duplex(iter([output([], 0, wish)]), timeout=TIMEOUT)), "UNKNOWN", message)

    def special_status_message(self):
        self.status_code_and_message("\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n")

    def unimplemented_method(self):
        self.fails(lambda: self.no_method(b"", timeout=TIMEOUT), "UNIMPLEMENTED")

    def unimplemented_service(self):
        self.fails(lambda: self.no_service(b"", timeout=TIMEOUT), "UNIMPLEMENTED")

    def custom_metadata(self):
        _, call = self.unary.with_call(simple(314159, 271828), metadata=ECHO, timeout=TIMEOUT)
        stream = self.duplex(iter([output([314159], 271828)]), metadata=ECHO, timeout=TIMEOUT)
        list(stream)
        for each in (call, stream):
            check(ECHO[0] in [tuple(pair) for pair in each.initial_metadata()], "initial")
            check(ECHO[1] in [tuple(pair) for pair in each.trailing_metadata()], "trailing")

    def parallel_100(self):
        calls = [self.unary.future(simple(1000 + index, index), timeout=TIMEOUT) for index in range(100)]
        for index, call in enumerate(calls):
            check(body_size(call.result()) == 1000 + index, index)

    @staticmethod
    def fails(call, code, message=None):
        try:
            call()
        except grpc.RpcError as error:
            check(error.code().name == code, error.code())
            check(message is None or error.details() == message, error.details())
        else:
            raise AssertionError(f"no {code}")


def connect(port, security):
    unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    if not security:
        return grpc.insecure_channel(f"127.0.0.1:{port}", unlimited)
    ca, name = security
    with open(ca, "rb") as file:
        credentials = grpc.ssl_channel_credentials(file.read())
    return grpc.secure_channel(f"127.0.0.1:{port}", credentials, [*unlimited, ("grpc.ssl_target_name_override", name)])


def main(port, *words):
    security = words[:2] if words and "/" in words[0] else ()
    failed = 0
    with connect(port, security) as channel:
        cases = Cases(channel)
        for name in words[len(security) :]:
            try:
                getattr(cases, name)()
                print("PASS", name, flush=True)
            except Exception as error:  # whatever it is, it is this case's failure
                failed += 1
                print("FAIL", name, type(error).__name__, repr(str(error)[:300]), flush=True)
    sys.exit(failed > 0)


main(*sys.argv[1:])
