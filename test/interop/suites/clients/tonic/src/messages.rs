//! The messages of grpc.testing, written and read by hand: nothing is generated.
use bytes::{BufMut, Bytes, BytesMut};

fn varint(mut value: u64, to: &mut BytesMut) {
    while value > 127 {
        to.put_u8(value as u8 | 128);
        value >>= 7;
    }
    to.put_u8(value as u8);
}

fn number(field: u8, value: u64, to: &mut BytesMut) {
    to.put_u8(field << 3);
    varint(value, to);
}

fn octets(field: u8, value: &[u8], to: &mut BytesMut) {
    to.put_u8(field << 3 | 2);
    varint(value.len() as u64, to);
    to.extend_from_slice(value);
}

fn payload(field: u8, size: usize, to: &mut BytesMut) {
    let mut inner = BytesMut::new();
    octets(2, &vec![0; size], &mut inner);
    octets(field, &inner, to);
}

/// A SimpleRequest that asks for so many octets, or for a status.
pub fn simple(answer: u64, own: usize, status: Option<(u64, &str)>) -> Bytes {
    let mut message = BytesMut::new();
    number(2, answer, &mut message);
    payload(3, own, &mut message);
    if let Some((code, text)) = status {
        let mut inner = BytesMut::new();
        number(1, code, &mut inner);
        octets(2, text.as_bytes(), &mut inner);
        octets(7, &inner, &mut message);
    }
    message.freeze()
}

/// A StreamingOutputCallRequest.
pub fn output(sizes: &[u64], own: usize) -> Bytes {
    let mut message = BytesMut::new();
    for size in sizes {
        let mut inner = BytesMut::new();
        number(1, *size, &mut inner);
        octets(2, &inner, &mut message);
    }
    payload(3, own, &mut message);
    message.freeze()
}

/// A StreamingInputCallRequest.
pub fn input(size: usize) -> Bytes {
    let mut message = BytesMut::new();
    payload(1, size, &mut message);
    message.freeze()
}

/// What a varint at the start of some octets says, and how long it is.
fn read(from: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (at, octet) in from.iter().take(10).enumerate() {
        value |= u64::from(octet & 127) << (7 * at);
        if *octet < 128 {
            return Some((value, at + 1));
        }
    }
    None
}

/// A field of a message that consists of numbers and octets.
fn field(wanted: u64, mut message: &[u8]) -> Option<&[u8]> {
    while !message.is_empty() {
        let (tag, after) = read(message)?;
        let (value, length) = read(&message[after..])?;
        let start = after + length;
        let end = if tag & 7 == 2 { start + value as usize } else { start };
        if tag == wanted << 3 | 2 {
            return message.get(start..end);
        }
        message = message.get(end..)?;
    }
    None
}

/// How long the payload of an answer is.
pub fn body_size(answer: &[u8]) -> usize {
    field(1, answer).and_then(|payload| field(2, payload)).map_or(0, <[u8]>::len)
}
