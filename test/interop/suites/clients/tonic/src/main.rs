//! The gRPC interop cases by tonic, which is Rust's h2: messages as octets.
//!   interop-tonic PORT [CA NAME] CASE…    prints "PASS case" or "FAIL case why" for each; ends with 1 when one failed
//! The cases are those of the public description, grpc/doc/interop-test-descriptions.md.
mod messages;

use bytes::{Buf, BufMut, Bytes};
use http::uri::PathAndQuery;
use messages::{body_size, input, output, simple};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder, Streaming};
use tonic::metadata::MetadataValue;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};

#[derive(Default, Clone, Copy)]
struct Raw;

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;
    fn encode(&mut self, item: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;
    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let length = from.remaining();
        Ok(Some(from.copy_to_bytes(length)))
    }
}

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Raw;
    type Decoder = Raw;
    fn encoder(&mut self) -> Raw {
        Raw
    }
    fn decoder(&mut self) -> Raw {
        Raw
    }
}

type Outcome = Result<(), String>;

const ASKED: [usize; 4] = [27182, 8, 1828, 45904];
const ANSWERED: [u64; 4] = [31415, 9, 2653, 58979];
const SPECIAL: &str = "\t\ntest with whitespace\r\nand Unicode BMP \u{263a} and non-BMP \u{1f608}\t\n";

fn method(name: &'static str) -> PathAndQuery {
    PathAndQuery::from_static(name)
}

const UNARY: &str = "/grpc.testing.TestService/UnaryCall";
const DUPLEX: &str = "/grpc.testing.TestService/FullDuplexCall";

fn check(holds: bool, what: impl std::fmt::Debug) -> Outcome {
    if holds { Ok(()) } else { Err(format!("{what:?}")) }
}

fn failed(status: Status) -> String {
    format!("{status:?}")
}

async fn client(channel: &Channel) -> Result<Grpc<Channel>, String> {
    let mut client = Grpc::new(channel.clone()).max_decoding_message_size(1 << 28);
    client.ready().await.map_err(|error| error.to_string())?;
    Ok(client)
}

async fn next(answers: &mut Streaming<Bytes>) -> Result<usize, String> {
    answers.message().await.map_err(failed)?.map(|answer| body_size(&answer)).ok_or("ended too soon".into())
}

async fn over(answers: &mut Streaming<Bytes>) -> Outcome {
    check(answers.message().await.map_err(failed)?.is_none(), "more than was asked for")
}

/// A bidirectional call with its first request; the sender adds others.
async fn duplex(client: &mut Grpc<Channel>, first: Bytes) -> Result<(mpsc::Sender<Bytes>, Streaming<Bytes>), Status> {
    let (sender, requests) = mpsc::channel(4);
    sender.send(first).await.map_err(|_| Status::internal("no room"))?;
    let answers = client.streaming(Request::new(ReceiverStream::new(requests)), method(DUPLEX), Raw).await?;
    Ok((sender, answers.into_inner()))
}

async fn large_unary(mut client: Grpc<Channel>) -> Outcome {
    let answer = client.unary(Request::new(simple(314159, 271828, None)), method(UNARY), Raw).await.map_err(failed)?;
    check(body_size(answer.get_ref()) == 314159, "size")
}

async fn status_of(mut client: Grpc<Channel>, text: &str) -> Outcome {
    let request = Request::new(simple(1, 1, Some((2, text))));
    match client.unary(request, method(UNARY), Raw).await {
        Err(status) => check(status.code() == Code::Unknown && status.message() == text, status),
        Ok(_) => Err("no status".into()),
    }
}

async fn unimplemented(mut client: Grpc<Channel>, name: &'static str) -> Outcome {
    match client.unary(Request::new(Bytes::new()), method(name), Raw).await {
        Err(status) => check(status.code() == Code::Unimplemented, status),
        Ok(_) => Err("an answer".into()),
    }
}

async fn ping_pong(mut client: Grpc<Channel>) -> Outcome {
    let (sender, mut answers) = duplex(&mut client, output(&ANSWERED[..1], ASKED[0])).await.map_err(failed)?;
    check(next(&mut answers).await? as u64 == ANSWERED[0], 0)?;
    for index in 1..4 {
        let request = output(&ANSWERED[index..=index], ASKED[index]);
        sender.send(request).await.map_err(|error| error.to_string())?;
        check(next(&mut answers).await? as u64 == ANSWERED[index], index)?;
    }
    drop(sender);
    over(&mut answers).await
}

async fn timeout_on_sleeping_server(mut client: Grpc<Channel>) -> Outcome {
    let (_sender, requests) = mpsc::channel(1);
    _sender.send(output(&[], 27182)).await.map_err(|error| error.to_string())?;
    let mut request = Request::new(ReceiverStream::new(requests));
    request.set_timeout(Duration::from_millis(5));
    let answered = async { client.streaming(request, method(DUPLEX), Raw).await?.into_inner().message().await }.await;
    let code = answered.map_err(|status| status.code());
    check(matches!(code, Err(Code::DeadlineExceeded | Code::Cancelled)), code)
}

async fn custom_metadata(mut client: Grpc<Channel>) -> Outcome {
    let octets = [10, 11, 10, 11, 10, 11];
    let mut request = Request::new(simple(314159, 271828, None));
    let text = "test_initial_metadata_value";
    request.metadata_mut().insert("x-grpc-test-echo-initial", text.parse().map_err(|_| "text")?);
    request.metadata_mut().insert_bin("x-grpc-test-echo-trailing-bin", MetadataValue::from_bytes(&octets));
    let answer = client.unary(request, method(UNARY), Raw).await.map_err(failed)?;
    let metadata = answer.metadata();
    check(metadata.get("x-grpc-test-echo-initial").is_some_and(|value| value == text), "initial")?;
    let trailing = metadata.get_bin("x-grpc-test-echo-trailing-bin").and_then(|value| value.to_bytes().ok());
    check(trailing.as_deref() == Some(&octets[..]), trailing)
}

async fn parallel_100(channel: &Channel) -> Outcome {
    let call = |index: usize, channel: Channel| async move {
        let request = Request::new(simple(1000 + index as u64, index, None));
        let answer = client(&channel).await?.unary(request, method(UNARY), Raw).await.map_err(failed)?;
        check(body_size(answer.get_ref()) == 1000 + index, index)
    };
    let calls: Vec<_> = (0..100).map(|index| tokio::spawn(call(index, channel.clone()))).collect();
    for each in calls {
        each.await.map_err(|error| error.to_string())??;
    }
    Ok(())
}

async fn run(name: &str, channel: &Channel) -> Outcome {
    let mut client = client(channel).await?;
    match name {
        "empty_unary" => {
            let empty = method("/grpc.testing.TestService/EmptyCall");
            let answer = client.unary(Request::new(Bytes::new()), empty, Raw).await.map_err(failed)?;
            check(answer.get_ref().is_empty(), answer)
        }
        "large_unary" => large_unary(client).await,
        "gzip_unary" => {
            let gzip = CompressionEncoding::Gzip;
            large_unary(client.send_compressed(gzip).accept_compressed(gzip)).await
        }
        "client_streaming" => {
            let requests = Request::new(tokio_stream::iter(ASKED.map(input)));
            let upload = method("/grpc.testing.TestService/StreamingInputCall");
            let answer = client.client_streaming(requests, upload, Raw).await.map_err(failed)?;
            // aggregated_payload_size 74922
            check(answer.get_ref()[..] == [8, 0xaa, 0xc9, 4], answer)
        }
        "server_streaming" => {
            let download = method("/grpc.testing.TestService/StreamingOutputCall");
            let request = Request::new(output(&ANSWERED, 0));
            let mut answers = client.server_streaming(request, download, Raw).await.map_err(failed)?.into_inner();
            for size in ANSWERED {
                check(next(&mut answers).await? as u64 == size, size)?;
            }
            over(&mut answers).await
        }
        "ping_pong" => ping_pong(client).await,
        "empty_stream" => {
            let requests = Request::new(tokio_stream::empty::<Bytes>());
            let answers = client.streaming(requests, method(DUPLEX), Raw).await.map_err(failed)?;
            over(&mut answers.into_inner()).await
        }
        "timeout_on_sleeping_server" => timeout_on_sleeping_server(client).await,
        "cancel_after_first_response" => {
            let (_sender, mut answers) = duplex(&mut client, output(&[31415], 27182)).await.map_err(failed)?;
            check(next(&mut answers).await? == 31415, "size")
        }
        "status_code_and_message" => status_of(client, "test status message").await,
        "special_status_message" => status_of(client, SPECIAL).await,
        "unimplemented_method" => unimplemented(client, "/grpc.testing.TestService/UnimplementedCall").await,
        "unimplemented_service" => {
            unimplemented(client, "/grpc.testing.UnimplementedService/UnimplementedCall").await
        }
        "custom_metadata" => custom_metadata(client).await,
        "parallel_100" => parallel_100(channel).await,
        _ => Err("no such case".into()),
    }
}

async fn connect(port: &str, security: &[String]) -> Result<Channel, Box<dyn std::error::Error>> {
    let [ca, name] = security else {
        return Ok(Endpoint::from_shared(format!("http://127.0.0.1:{port}"))?.connect().await?);
    };
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(std::fs::read(ca)?)).domain_name(name);
    Ok(Endpoint::from_shared(format!("https://127.0.0.1:{port}"))?.tls_config(tls)?.connect().await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let secure = if words.get(1).is_some_and(|word| word.contains('/')) { 2 } else { 0 };
    let channel = connect(&words[0], &words[1..1 + secure]).await?;
    let mut failures = 0;
    for name in &words[1 + secure..] {
        let outcome = tokio::time::timeout(Duration::from_secs(20), run(name, &channel)).await;
        match outcome.unwrap_or(Err("took too long".into())) {
            Ok(()) => println!("PASS {name}"),
            Err(why) => {
                failures += 1;
                println!("FAIL {name} {}", why.chars().take(300).collect::<String>());
            }
        }
    }
    std::process::exit(i32::from(failures > 0));
}
