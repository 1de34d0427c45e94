// The signs of the terminal as drawings, so that they look alike wherever the page is opened, whatever fonts there are.

/** Paths in a square of 16, drawn with a line of 1.6; what begins with "!" is filled. */
const PATHS: Readonly<Record<string, string>> = {
  "●": "!M8 3.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z",
  "○": "M8 3.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z",
  "✗": "M4 4l8 8M12 4l-8 8",
  "✕": "M4 4l8 8M12 4l-8 8",
  "✓": "M3 8.5l3.2 3.2L13 4.8",
  "⊘": "M8 2.8a5.2 5.2 0 1 0 0 10.4a5.2 5.2 0 1 0 0-10.4zM4.4 11.6l7.2-7.2",
  "⏸": "M5.5 3.5v9M10.5 3.5v9",
  "→": "M2 8h11.5M9.5 4l4 4l-4 4",
  "⇉": "M2 5h8M2 11h8M8.5 2.5L13 5L8.5 7.5M8.5 8.5L13 11l-4.5 2.5",
  "⇇": "M14 5H6M14 11H6M7.5 2.5L3 5l4.5 2.5M7.5 8.5L3 11l4.5 2.5",
  "⇄": "M2 5h11.5M10.5 2l3 3l-3 3M14 11H2.5M5.5 8l-3 3l3 3",
  "⇔": "M2.5 8h11M5.5 5l-3 3l3 3M10.5 5l3 3l-3 3",
  "▶": "!M4 3l9 5l-9 5z",
  "◀": "!M12 3l-9 5l9 5z",
  "■": "!M5 5h6v6h-6z",
  "▸": "M6 4l4.5 4L6 12",
  "▾": "M4 6l4 4.5L12 6",
  "▴": "M4 10l4-4.5l4 4.5",
  "‹": "M10 3.5L5.5 8l4.5 4.5",
  "↑": "M8 13.5V3M4 7l4-4l4 4",
  "↓": "M8 2.5V13M4 9l4 4l4-4",
  "⌫": "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5M6.8 7v4M9.2 7v4",
  "⧉": "M6 6h7.5v7.5H6zM10 6V2.5H2.5V10H6",
  "✱": "M8 2.5v11M3.2 5.2l9.6 5.6M12.8 5.2l-9.6 5.6",
  "⌕": "M7 2.8a4.2 4.2 0 1 0 0 8.4a4.2 4.2 0 1 0 0-8.4zM10.2 10.2l3.5 3.5",
  "☀": "M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6zM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8L13 13M13 3l-1.2 1.2M4.2 11.8L3 13",
  "☾": "M13 9.6A5.6 5.6 0 0 1 6.4 3A5.6 5.6 0 1 0 13 9.6z",
  "↻": "M13 8a5 5 0 1 1-1.6-3.7M13.5 2v3.2h-3.2",
  "⚠": "M8 2.5L14.2 13H1.8zM8 6.5v3M8 11.2v.3",
};

const NAMES: Readonly<Record<string, string>> = {
  "→": "unary",
  "⇉": "client stream",
  "⇇": "server stream",
  "⇄": "bidirectional stream",
  "▶": "client",
  "◀": "server",
  "↑": "client",
  "↓": "server",
};

const SIGNS = new RegExp(`[${Object.keys(PATHS).join("")}]`);

export function hasSigns(text: string): boolean {
  return SIGNS.test(text);
}

/** Text in which signs are drawings. */
export function Signs({ text }: { readonly text: string }) {
  if (!SIGNS.test(text)) return <>{text}</>;
  return <>{[...text].map((char, place) => (PATHS[char] === undefined ? char : <Icon key={place} sign={char} />))}</>;
}

export function Icon({ sign }: { readonly sign: string }) {
  const path = PATHS[sign] ?? "";
  const name = NAMES[sign];
  return (
    <svg
      class={path.startsWith("!") ? "sign filled" : "sign"}
      viewBox="0 0 16 16"
      role={name === undefined ? undefined : "img"}
      aria-label={name}
      aria-hidden={name === undefined}
    >
      <path d={path.replace("!", "")} />
    </svg>
  );
}

const SVG = "http://www.w3.org/2000/svg";

/** The same for those who write into the document themselves. */
export function signNodes(text: string): readonly Node[] {
  if (!SIGNS.test(text)) return [document.createTextNode(text)];
  const nodes: Node[] = [];
  let plain = "";
  for (const char of text) {
    if (PATHS[char] === undefined) {
      plain += char;
      continue;
    }
    if (plain !== "") nodes.push(document.createTextNode(plain));
    plain = "";
    nodes.push(drawn(char));
  }
  if (plain !== "") nodes.push(document.createTextNode(plain));
  return nodes;
}

function drawn(sign: string): Node {
  const path = PATHS[sign]!;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", path.startsWith("!") ? "sign filled" : "sign");
  svg.setAttribute("viewBox", "0 0 16 16");
  const name = NAMES[sign];
  if (name === undefined) svg.setAttribute("aria-hidden", "true");
  else {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", name);
  }
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path.replace("!", ""));
  svg.append(line);
  return svg;
}
