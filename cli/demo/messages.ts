// The demo's messages as TypeScript sees them: the .proto files of proto-samples/, with the fields that the demo uses.
// In a request every field may be missing; the server reads them with their defaults filled in.

export interface Timestamp {
  seconds: number;
  nanos: number;
}

export interface User {
  id: number;
  name: string;
  email?: string;
  role?: string;
  createdAt?: Timestamp;
  labels?: Record<string, string>;
  address?: {
    street: string;
    city: string;
    postalCode: string;
    countryCode: string;
    location: { latitude: number; longitude: number };
  };
  nickname?: string;
  phone?: string;
  chatHandle?: string;
  interests?: string[];
  follows?: number[];
  photoDigest?: Uint8Array;
  daysLeft?: number;
  trust?: number;
  biography?: string;
}

export interface FieldMask {
  paths: string[];
}

export interface Photo {
  contentType: string;
  width: number;
  height: number;
  data: Uint8Array;
}

export interface MetricSample {
  name: string;
  time: Timestamp;
  attributes?: Record<string, string>;
  gauge?: number;
  counter?: number;
  histogram?: { bounds: number[]; counts: number[]; sum: number };
  up?: boolean;
}

export interface UploadSummary {
  accepted: number;
  rejected: number;
  took: Timestamp;
  samplesByName: Record<string, number>;
}

export interface ChatMessage {
  sequence: number;
  sentAt: Timestamp;
  room: string;
  author: string;
  joined?: { present: string[] };
  line?: { text: string; inReplyTo?: number; mentions?: string[] };
  typing?: Record<string, never>;
  left?: { reason: string };
}

/** Request and response by method: what {@link file://./protos.ts} ties to the .proto files. */
export interface Methods {
  getUser: [{ id: number; readMask?: FieldMask }, User];
  batchGetUsers: [{ ids: number[] }, { users: User[]; missingIds: number[] }];
  listUsers: [{ limit?: number; role?: string; view?: string }, User];
  updateUser: [{ user: User; updateMask?: FieldMask; version?: number }, User];
  getPhoto: [{ userId: number }, Photo];
  setPhoto: [{ userId: number; photo: Photo }, { storedBytes: number; digest: Uint8Array }];
  deleteUser: [{ id: number }, Record<string, never>];
  uploadMetrics: [MetricSample, UploadSummary];
  chatSession: [ChatMessage, ChatMessage];
  healthCheck: [{ service?: string }, { status: string }];
  healthWatch: [{ service?: string }, { status: string }];
  quote: [
    { sku: string; quantity: number; customer: number },
    { sku: string; cents: number; currency: string; discounts: { code: string; percent: number }[]; expires: number },
  ];
}

/** A moment as google.protobuf.Timestamp. */
export function timestampOf(unixMs: number): Timestamp {
  const seconds = Math.floor(unixMs / 1000);
  return { seconds, nanos: Math.round((unixMs - seconds * 1000) * 1e6) };
}
