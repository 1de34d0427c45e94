// Which number of a call stands where in its row: seven floats and fifteen whole numbers.

/** Places in a call's floats. */
export const FLOAT = {
  startedAt: 0,
  /** 0 while the call is open. */
  endedAt: 1,
  /** Of the first thing that the server sent; 0 while there is none. */
  answeredAt: 2,
  /** -1 when there is no deadline. */
  timeoutMs: 3,
  clientBytes: 4,
  serverBytes: 5,
  /** Seq of the first event that is still kept. */
  firstSeq: 6,
} as const;
/** How many they are. */
export const FLOATS = 7;

/** Places in a call's whole numbers. */
export const WHOLE = {
  connection: 0,
  stream: 1,
  /** A number of the capture's names; so is `protocol`. */
  method: 2,
  protocol: 3,
  clientMessages: 4,
  serverMessages: 5,
  /** Where the header lists stand, for the encoding of messages and the status; positions plus 1, so that 0 means none. */
  clientListSerial: 6,
  clientListPosition: 7,
  serverListSerial: 8,
  serverListPosition: 9,
  trailerListSerial: 10,
  trailerListPosition: 11,
  statusCode: 12,
  detail: 13,
  /** See outcome.ts; 0 while the call is open. */
  outcome: 14,
} as const;
/** How many they are. */
export const WHOLES = 15;
