// What a decompressor throws that would give more than it may.

export class TooLargeError extends Error {
  readonly code = "ERR_BUFFER_TOO_LARGE";
}
