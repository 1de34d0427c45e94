// Messages of proto-samples in the shapes that matter for size and speed: as canonical JSON, from which the bytes are made.

export interface Sample {
  readonly name: string;
  /** Full name of its type. */
  readonly type: string;
  readonly json: Readonly<Record<string, unknown>>;
}

const NAMES = ["Alice Okafor", "Zoë Müller", "李娜", "Мария Rossi", "Bob O’Neil"] as const;
const CITIES = ["Paris", "Kraków", "Lagos", "São Paulo", "Osaka"] as const;

/** A record as long as people's usually are. */
export function user(id: number): Record<string, unknown> {
  const pick = <T>(from: readonly T[]): T => from[id % from.length]!;
  return {
    id,
    name: pick(NAMES),
    email: `user${id}@example.com`,
    role: "ROLE_EDITOR",
    createdAt: "2023-04-05T06:07:08.250Z",
    labels: { team: "payments", theme: "dark" },
    address: {
      street: `${(id % 300) + 1} Rue de Rivoli`,
      city: pick(CITIES),
      postalCode: `75${id % 1000}`,
      countryCode: "FR",
      location: { latitude: 48.8566 + id / 1e4, longitude: 2.3522 - id / 1e4 },
    },
    chatHandle: `@user${id}`,
    interests: ["climbing", "chess", "sourdough"],
    follows: [id + 1, id + 2, id + 30, id + 400],
    daysLeft: (id % 60) - 30,
    trust: 0.25,
  };
}

const TEXT = `Update on the incident: shard 7 is back since 14:02 and takes writes again. What happened: the new release asked the
directory for every user it had ever seen, one call each, and each of them waited for the one before. Łukasz saw the queue grow and
turned the feature off. Всё снова работает, очередь пуста, спасибо всем, кто остался. 大丈夫です、キューは空になりました。明日もう一度確認します。
Next: a limit for calls in flight, an alert when the oldest one waits for more than two seconds, and a test that would have
shown it. I will write the report this evening; please add what you remember while it is fresh, above all when you first noticed.`;

const bounds = Array.from({ length: 40 }, (_, at) => 0.005 * 1.25 ** at);

export const SAMPLES: readonly Sample[] = [
  { name: "Alice (id and name)", type: "framelens.demo.v1.User", json: { id: 1001, name: "Alice" } },
  { name: "small record", type: "framelens.demo.v1.User", json: user(1234) },
  {
    name: "numbers",
    type: "framelens.demo.v1.MetricSample",
    json: {
      name: "http.server.duration",
      time: "2026-11-22T21:00:00.123456Z",
      attributes: { host: "node-2" },
      // 64-bit numbers are strings in canonical JSON: JavaScript's own numbers would lose digits.
      histogram: { bounds, counts: [...bounds, 0].map((_, at) => String((at * 7919) % 5000)), sum: 83_214.625 },
    },
  },
  {
    name: "text",
    type: "framelens.demo.v1.ChatMessage",
    json: {
      sequence: "42",
      sentAt: "2026-11-22T21:00:00Z",
      room: "#incidents",
      author: "alice",
      line: { text: TEXT, mentions: ["bob"] },
    },
  },
  {
    name: "list of 100 records",
    type: "framelens.demo.v1.BatchGetUsersResponse",
    json: { users: Array.from({ length: 100 }, (_, at) => user(1001 + at)), missingIds: [4040, 5030] },
  },
];
