// Sockets that are read into buffers of ours, used again and again. Node gives each chunk memory of its own: 64 KiB outside the
// heap, new pages to fill and garbage to collect, which at full speed cost more than carrying what is in them.
import {
  connect,
  type IpcNetConnectOpts,
  type OnReadOpts,
  Socket,
  type SocketConstructorOpts,
  type TcpNetConnectOpts,
} from "node:net";

/** As much as Node reads at once. */
export const BUFFER_BYTES = 65_536;
/** Buffers that sockets may have of their own: 16 MiB. Further ones do without. */
const MAX_BUFFERS = 256;
/** A chunk beyond this is worth a buffer: below, a copy costs less than one that lies idle. */
export const SMALL_CHUNK_BYTES = 4096;
/** A socket that has said so little so often in a row gives its buffer back. */
const SMALL_CHUNKS_IN_A_ROW = 64;

/** The buffers of all sockets of a proxy. */
export class ReadBuffers {
  /** What every socket without a buffer of its own is read into, and copied from before another is. */
  readonly shared = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  readonly #max: number;
  readonly #spare: Buffer[] = [];
  /** What small chunks are copied to, to be written from; each is over when its write is. */
  #outgoing: Buffer | undefined;
  /** Buffers that there are, spare ones included. */
  count = 0;

  constructor(max = MAX_BUFFERS) {
    this.#max = max;
  }

  /** @returns undefined when all are in use */
  take(): Buffer | undefined {
    const spare = this.#spare.pop();
    if (spare !== undefined || this.count >= this.#max) return spare;
    this.count++;
    return Buffer.allocUnsafeSlow(BUFFER_BYTES);
  }

  /** @returns a copy of a small chunk, good until the next, or once {@link lend} was asked for it until it is given back */
  copy(bytes: Uint8Array): Buffer {
    this.#outgoing ??= this.take();
    // Without one, each copy is memory of its own, which is soon garbage.
    if (this.#outgoing === undefined) return Buffer.from(bytes);
    this.#outgoing.set(bytes);
    return this.#outgoing.subarray(0, bytes.length);
  }

  /** @returns what the last copy stands in, to be given back; undefined when it stands alone */
  lend(): Buffer | undefined {
    const lent = this.#outgoing;
    this.#outgoing = undefined;
    return lent;
  }

  giveBack(buffer: Buffer): void {
    this.#spare.push(buffer);
  }

  /** One that somebody may still read from is left to the garbage collector. */
  forget(): void {
    this.count--;
  }

  /** Buffers that sockets have, or that are being written from. */
  get inUse(): number {
    return this.count - this.#spare.length - (this.#outgoing === undefined ? 0 : 1);
  }
}

/** @param octets the same memory as `bytes`, and perhaps more behind them; undefined when there is no such view at hand */
export type OnChunk = (bytes: Buffer, octets: DataView | undefined) => void;

/** What reads a socket into buffers. Until {@link readInto} it is a stream like any other. */
export class ChunkReader {
  readonly #buffers: ReadBuffers;
  #socket: Socket | undefined;
  #sink: Socket | undefined;
  #onChunk: OnChunk | undefined;
  /** Absent while it says little. */
  #own: Buffer | undefined;
  /** The octets of {@link #own}, absent with it: a view made for each chunk would cost as much as reading three calls in it. */
  #octets: DataView | undefined;
  /** Octets of {@link #own} are on their way to the sink: what is read next needs another. */
  #lent = false;
  /** The chunk stands in the buffers' copy. */
  #copied = false;
  /** By write, in order: the buffer that it is from, or undefined when it was free at once. */
  readonly #writes: (Buffer | undefined)[] = [];
  #smallInARow = 0;

  constructor(buffers: ReadBuffers) {
    this.#buffers = buffers;
  }

  /** What makes a socket read into this; {@link bind} follows. */
  get onread(): OnReadOpts {
    return { buffer: () => this.#own ?? this.#buffers.shared, callback: this.#read };
  }

  bind(socket: Socket): void {
    this.#socket = socket;
    READERS.set(socket, this);
    socket.once("close", this.#close);
  }

  /**
   * From now on chunks go to a listener instead of the stream. What the stream still holds is left there.
   * @param sink where the listener writes each chunk to, with {@link written} as the callback of the write, telling {@link wrote}
   * @param onChunk the octets are good until it returns, and for that write
   */
  readInto(sink: Socket, onChunk: OnChunk): void {
    this.#sink = sink;
    this.#onChunk = onChunk;
    // Not every write of a socket that is destroyed is told of.
    sink.once("close", () => {
      for (const buffer of this.#writes.splice(0)) if (buffer !== undefined) this.#buffers.forget();
    });
  }

  /** The chunk was handed to the sink. */
  wrote(): void {
    // Node counts a write down at once when the system took all of it.
    const waits = this.#sink!.writableLength > 0;
    this.#lent = waits && this.#own !== undefined;
    this.#writes.push(this.#lent ? this.#own : waits && this.#copied ? this.#buffers.lend() : undefined);
    this.#copied = false;
  }

  /** The callback of each of those writes. */
  readonly written = (): void => {
    const buffer = this.#writes.shift();
    if (buffer === undefined) return;
    if (this.#sink!.destroyed) this.#buffers.forget();
    else this.#buffers.giveBack(buffer);
  };

  readonly #read = (length: number, buffer: Uint8Array): boolean => {
    const bytes = (buffer as Buffer).subarray(0, length);
    if (this.#onChunk === undefined) return this.#socket!.push(Buffer.from(bytes));
    this.#onChunk(this.#own === undefined ? this.#copy(bytes) : bytes, this.#octets);
    this.#choose(length);
    return true;
  };

  #copy(bytes: Buffer): Buffer {
    // A slow sink may take many small chunks in its queue, and each would keep 64 KiB from use.
    if (this.#sink!.writableLength > 0) return Buffer.from(bytes);
    this.#copied = true;
    return this.#buffers.copy(bytes);
  }

  /** What the next chunk is read into. */
  #choose(length: number): void {
    this.#smallInARow = length > SMALL_CHUNK_BYTES ? 0 : this.#smallInARow + 1;
    if (this.#lent) {
      this.#lent = false;
      this.#take();
    } else if (this.#own === undefined) {
      if (this.#smallInARow === 0) this.#take();
    } else if (this.#smallInARow >= SMALL_CHUNKS_IN_A_ROW) {
      this.#letGo();
    }
  }

  #take(): void {
    this.#own = this.#buffers.take();
    this.#octets = this.#own === undefined ? undefined : new DataView(this.#own.buffer, this.#own.byteOffset);
  }

  #letGo(): void {
    if (this.#own !== undefined) this.#buffers.giveBack(this.#own);
    this.#own = this.#octets = undefined;
  }

  readonly #close = (): void => this.#letGo();
}

const READERS = new WeakMap<Socket, ChunkReader>();

/** What reads this socket; undefined for one that Node reads, TLS above all. */
export function readerOf(socket: Socket): ChunkReader | undefined {
  return READERS.get(socket);
}

/** A socket to be connected that is read into our buffers. */
export function connectInChunks(options: TcpNetConnectOpts | IpcNetConnectOpts, buffers: ReadBuffers): Socket {
  const reader = new ChunkReader(buffers);
  const socket = connect({ ...options, onread: reader.onread } as TcpNetConnectOpts);
  reader.bind(socket);
  return socket;
}

/** What Node's own sockets stand on. It has been there since Node 12.10; where it is not, Node reads. */
interface Handle {
  useUserBuffer?(buffer: Uint8Array): void;
}

/**
 * An accepted socket, paused, anew as one that is read into our buffers: a server has no option for that.
 * @param accepted is given up, unless it is what comes back
 */
export function acceptInChunks(accepted: Socket, buffers: ReadBuffers): Socket {
  const owner = accepted as Socket & { _handle?: Handle | null };
  const handle = owner._handle;
  if (typeof handle?.useUserBuffer !== "function") return accepted;
  owner._handle = null;
  accepted.destroy();
  const reader = new ChunkReader(buffers);
  const options = { handle, allowHalfOpen: true, pauseOnCreate: true, onread: reader.onread };
  const socket = new Socket(options as SocketConstructorOpts);
  reader.bind(socket);
  return socket;
}
