// The 500 people of the demo, and the ids that make the server misbehave.
import type { Photo, User } from "./messages.js";
import { createRandom, type Random } from "./random.js";

/** Ids to ask for when something is to go wrong. */
export const SPECIAL_IDS = {
  /** NOT_FOUND */
  missing: 4040,
  /** PERMISSION_DENIED */
  hidden: 1403,
  /** Takes three seconds. */
  slow: 1408,
  /** INTERNAL: the server has a bug. */
  bug: 5000,
  /** UNAVAILABLE: the shard that holds it is away. */
  shardAway: 5030,
  /** RESOURCE_EXHAUSTED: too many questions about one user. */
  overQuota: 4290,
  /** The server resets the stream without a status. */
  crash: 5009,
} as const;

/** A list of this many users is ABORTED half-way. */
export const UNLUCKY_LIMIT = 13;

export const FIRST_USER_ID = 1001;
export const USER_COUNT = 500;
/** About 1 MiB; camera pictures do not compress, so neither do these bytes. */
export const PHOTO_BYTES = 1024 * 1024;

// Names of many scripts and widths: a table that lines up for these lines up for all.
const GIVEN_NAMES = [
  "Bob",
  "Carla",
  "Dmitri",
  "Élodie",
  "Fatima",
  "Zoë",
  "李娜",
  "Мария",
  "محمد",
  "さくら",
  "Jürgen",
  "Óscar",
  "नीना",
  "Łukasz",
  "Ngọc",
  "지우",
] as const;
const FAMILY_NAMES = [
  "Okafor",
  "Müller",
  "García",
  "Nakamura",
  "O’Neil",
  "Svensson",
  "Rossi",
  "Haddad",
  "王",
  "Kaya",
] as const;
const CITIES = [
  ["Zürich", "CH", 47.3769, 8.5417],
  ["São Paulo", "BR", -23.5505, -46.6333],
  ["東京", "JP", 35.6762, 139.6503],
  ["Nairobi", "KE", -1.2921, 36.8219],
  ["Montréal", "CA", 45.5019, -73.5674],
] as const;
const INTERESTS = ["climbing", "chess", "espresso", "typography", "synthesizers", "birding", "🥁 drums"] as const;
const TEAMS = ["payments", "search", "platform", "mobile", "data"] as const;
const ROLES = ["ROLE_MEMBER", "ROLE_EDITOR", "ROLE_ADMIN"] as const;
const SENTENCES = [
  "Joined the team after years of building bicycles.",
  "Believes that a good error message saves an afternoon.",
  "Wrote the first version of the scheduler on a night train.",
  "Collects old maps and newer map projections.",
  "Prefers small services, short meetings and long walks.",
] as const;

export interface People {
  find(id: number): User | undefined;
  /** In order of id. */
  readonly all: readonly User[];
}

/** The same 500 people every time. */
export function createPeople(): People {
  const random = createRandom(FIRST_USER_ID);
  // Alice has an id and a name and nothing else: the smallest message worth decoding, 08 e9 07 12 05 41 6c 69 63 65.
  const all: User[] = [{ id: FIRST_USER_ID, name: "Alice" }];
  while (all.length < USER_COUNT) all.push(person(FIRST_USER_ID + all.length, random));
  return { all, find: (id) => all[id - FIRST_USER_ID] };
}

function person(id: number, random: Random): User {
  const name = `${random.pick(GIVEN_NAMES)} ${random.pick(FAMILY_NAMES)}`;
  const [city, countryCode, latitude, longitude] = random.pick(CITIES);
  const reachable = random.between(0, 2);
  return {
    id,
    name,
    email: `user${id}@example.com`,
    role: random.pick(ROLES),
    createdAt: { seconds: 1_577_836_800 + random.between(0, 150_000_000), nanos: random.between(0, 999) * 1_000_000 },
    labels: { team: random.pick(TEAMS), plan: random.pick(["free", "pro", "enterprise"]) },
    address: {
      street: `${random.pick(["Seeweg", "Rua Augusta", "桜通り", "Moi Avenue"])} ${random.between(1, 180)}`,
      city,
      postalCode: String(random.between(10_000, 99_999)),
      countryCode,
      location: { latitude, longitude },
    },
    ...(random.between(0, 3) === 0 ? { nickname: "" } : {}),
    ...(reachable === 0 ? { phone: `+41 44 555 ${random.between(1000, 9999)}` } : {}),
    ...(reachable === 1 ? { chatHandle: `@user${id}` } : {}),
    interests: [random.pick(INTERESTS), random.pick(INTERESTS)],
    follows: Array.from({ length: random.between(0, 8) }, () =>
      random.between(FIRST_USER_ID, FIRST_USER_ID + USER_COUNT - 1),
    ),
    photoDigest: random.bytes(32),
    daysLeft: random.between(-30, 365),
    trust: Math.round(random.fraction() * 200 - 100) / 100,
  };
}

/** A user with the text that only USER_VIEW_FULL asks for; more than 1 KiB. */
export function withBiography(user: User): User {
  const biography = Array.from({ length: 20 }, (_, line) => SENTENCES[(user.id + line * 2) % SENTENCES.length]);
  return { ...user, biography: biography.join(" ") };
}

/** Bytes that begin and end as a JPEG file does. */
export function createPhoto(random: Random, sizeBytes: number = PHOTO_BYTES): Photo {
  const data = random.bytes(sizeBytes);
  data.set([0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, 0x4a, 0x46, 0x49, 0x46, 0x00]);
  data.set([0xff, 0xd9], sizeBytes - 2);
  return { contentType: "image/jpeg", width: 1600, height: 1200, data };
}
