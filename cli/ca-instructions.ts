// How each client is made to trust our CA and to use the proxy; what was never tried says so.

/** What the lines to copy are filled with. */
export interface InstructionValues {
  /** Absolute path of the CA's certificate. */
  readonly certPath: string;
  /** Absolute path of the file that holds the public roots too. */
  readonly bundlePath: string;
  /** The line that makes that file. */
  readonly makeBundle: string;
  /** Where the proxy listens, as in "127.0.0.1:50050". */
  readonly proxy: string;
}

interface Client {
  /** The first is shown, the others are understood as well. */
  readonly names: readonly [string, ...string[]];
  readonly title: string;
  /** What it was tried with; undefined when it was not. */
  readonly tried?: string;
  readonly lines: (values: Quoted) => readonly string[];
}

/** The values as words of a POSIX shell. */
interface Quoted {
  readonly cert: string;
  readonly bundle: string;
  readonly trustStore: string;
  readonly proxyUrl: string;
  readonly proxy: string;
  readonly host: string;
  readonly port: string;
}

const CLIENTS: readonly Client[] = [
  {
    names: ["grpc-js", "js"],
    title: "grpc-js (gRPC in Node)",
    tried: "grpc-js 1.14.7",
    lines: ({ bundle, proxyUrl }) => [
      ...replacesRoots(bundle),
      "NODE_EXTRA_CA_CERTS has no effect on it.",
      "",
      ...grpcProxy(proxyUrl),
    ],
  },
  {
    names: ["python", "c-core", "grpcio", "py", "cpp", "c++", "ruby", "php"],
    title: "Python, and what else is built on gRPC's C core",
    tried: "Python's grpcio 1.85.1; C++, Ruby, PHP and Objective-C share its core but were not tried here",
    lines: ({ bundle, proxyUrl }) => [
      ...replacesRoots(bundle),
      "SSL_CERT_FILE has no effect on it.",
      "",
      ...grpcProxy(proxyUrl),
    ],
  },
  {
    names: ["go", "grpc-go"],
    title: "grpc-go",
    tried: "grpc-go 1.85.0 on Linux",
    lines: ({ bundle, proxyUrl, proxy }) => [
      "Trust (replaces the system's file of roots, hence the one with both):",
      `  export SSL_CERT_FILE=${bundle}`,
      "macOS and Windows read the system's store instead.",
      "",
      "Proxy:",
      `  export HTTPS_PROXY=${proxyUrl}`,
      "  unset NO_PROXY no_proxy",
      "grpc-go never uses a proxy for localhost, 127.0.0.0/8 and ::1. For a server",
      `there, put framelens in front of it and dial ${proxy}.`,
    ],
  },
  {
    names: ["java", "grpc-java", "kotlin"],
    title: "grpc-java",
    tried: "grpc-java 1.76 (netty-shaded)",
    lines: ({ cert, trustStore, host, port }) => [
      "Trust (replaces its own roots), a trust store made once:",
      "  keytool -importcert -noprompt -alias framelens -storepass changeit \\",
      `    -file ${cert} \\`,
      `    -keystore ${trustStore}`,
      "and given to the JVM, together with the proxy:",
      `  java -Djavax.net.ssl.trustStore=${trustStore} \\`,
      "    -Djavax.net.ssl.trustStorePassword=changeit \\",
      `    -Dhttps.proxyHost=${host} -Dhttps.proxyPort=${port} \\`,
      "    -Dhttp.nonProxyHosts= …",
      "The empty -Dhttp.nonProxyHosts= sends calls to localhost through it as well.",
      "Proxy variables of the environment have no effect; JAVA_TOOL_OPTIONS can carry",
      "the same options to a JVM that something else starts.",
    ],
  },
  {
    names: ["dotnet", ".net", "csharp", "grpc-dotnet"],
    title: ".NET (Grpc.Net.Client)",
    lines: ({ bundle, proxyUrl, proxy }) => [
      "Trust, on Linux:",
      `  export SSL_CERT_FILE=${bundle}`,
      "",
      "Proxy, for calls over TLS:",
      `  export HTTPS_PROXY=${proxyUrl}`,
      "  unset NO_PROXY no_proxy",
      "Plaintext calls through a proxy are reported to fail (grpc-dotnet issue 1440):",
      `put framelens in front of the server and connect to ${proxy}.`,
    ],
  },
  {
    names: ["tonic", "rust"],
    title: "tonic (Rust)",
    lines: ({ bundle, proxy }) => [
      "Trust, when built with rustls-native-certs (webpki-roots reads no file):",
      `  export SSL_CERT_FILE=${bundle}`,
      "",
      "Proxy: it knows no proxy variables. Put framelens in front of the server and",
      `connect to ${proxy}.`,
    ],
  },
  {
    names: ["curl"],
    title: "curl",
    tried: "curl 7.88",
    lines: ({ cert, proxyUrl }) => [
      "Trust and proxy:",
      "  curl --http2 \\",
      `    --cacert ${cert} \\`,
      `    --proxy ${proxyUrl} https://…`,
      "It obeys no_proxy; --noproxy '' overrules that.",
    ],
  },
  {
    names: ["node", "http2", "node-http2", "connect-node"],
    title: "node:http2, and connect-node on top of it",
    tried: "node:http2 of Node 20; connect-node was not tried here",
    lines: ({ cert, proxy }) => [
      "Trust (adds to its own roots):",
      `  export NODE_EXTRA_CA_CERTS=${cert}`,
      "",
      "Proxy: it knows no proxy variables. Put framelens in front of the server and",
      `connect to ${proxy}.`,
    ],
  },
  {
    names: ["browser", "browsers", "chrome", "firefox", "grpc-web"],
    title: "Browsers (gRPC-Web, Connect)",
    lines: ({ cert, proxy }) => [
      "Trust: import the certificate as an authority for websites in the browser's",
      "settings. In a profile made for this and nothing else:",
      `  ${cert}`,
      "",
      `Proxy: ${proxy} for HTTPS, in the browser's settings. Chromium goes`,
      "around it for localhost unless started with --proxy-bypass-list='<-loopback>'.",
    ],
  },
];

/** The names that `instructions` understands, one for each client. */
export const CLIENT_NAMES: readonly string[] = CLIENTS.map((client) => client.names[0]);

/**
 * The text to print.
 * @param name one client's; undefined for all of them
 * @returns undefined when there is no such client
 */
export function instructions(name: string | undefined, values: InstructionValues): string | undefined {
  const wanted = name?.toLowerCase();
  const chosen = wanted === undefined ? CLIENTS : CLIENTS.filter((client) => client.names.includes(wanted));
  if (chosen.length === 0) {
    return undefined;
  }
  const quoted = quotedValues(values);
  return `${[...preamble(values, quoted), ...chosen.flatMap((client) => section(client, quoted))].join("\n")}\n`;
}

/** A word of a POSIX shell that stands for exactly this text. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function quotedValues({ certPath, bundlePath, proxy }: InstructionValues): Quoted {
  const colon = proxy.lastIndexOf(":");
  return {
    cert: shellQuote(certPath),
    bundle: shellQuote(bundlePath),
    trustStore: shellQuote(certPath.replace(/[^/\\]*$/, "truststore.p12")),
    proxyUrl: shellQuote(`http://${proxy}`),
    proxy,
    host: shellQuote(proxy.slice(0, colon).replace(/^\[(.*)\]$/, "$1")),
    port: proxy.slice(colon + 1),
  };
}

function preamble({ certPath, makeBundle, proxy }: InstructionValues, { bundle }: Quoted): readonly string[] {
  return [
    "The certificate that clients must trust is",
    `  ${certPath}`,
    "Give it to what you debug and to nothing else: who holds its key can pose as any",
    "server to a client that trusts it. The lines below are for a POSIX shell.",
    "",
    "framelens can stand in two places:",
    "  framelens HOST:PORT   in front of one server; connect the client to",
    `                        ${proxy} instead`,
    "  framelens             as a proxy that the client is told of, at",
    `                        http://${proxy}`,
    "",
    "Some clients can only replace their roots. For those, one file with both:",
    `  ${makeBundle}`,
    `It is the ${bundle} below.`,
  ];
}

function section({ names, title, tried, lines }: Client, quoted: Quoted): readonly string[] {
  return [
    "",
    `── ${title} ${"─".repeat(Math.max(3, 80 - 5 - title.length - names[0].length))} ${names[0]}`,
    ...wrapped(tried === undefined ? "Not tried here: from documentation and issues." : `Tried with ${tried}.`),
    "",
    ...lines(quoted),
  ];
}

function replacesRoots(bundle: string): readonly string[] {
  return [
    "Trust (replaces its own roots, hence the file with both):",
    `  export GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=${bundle}`,
  ];
}

function grpcProxy(proxyUrl: string): readonly string[] {
  return [
    "Proxy (lower case only; localhost goes through it too):",
    `  export grpc_proxy=${proxyUrl}`,
    "  unset no_grpc_proxy no_proxy",
  ];
}

function wrapped(text: string, columns = 80): readonly string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
    }
  }
  return lines;
}
