/**
 * Room for many small pieces of bytes.
 *
 * Pieces are cut one after another from buffers that they share. A piece with a buffer of its own
 * takes several times as long to make, to collect and to hand to the library; that adds up where a
 * commit is a thousand pieces. A piece keeps its whole buffer in memory, and is not to be transferred.
 */

export class ByteRoom {
  readonly #bufferBytes: number;
  #buffer: ArrayBufferLike = new ArrayBuffer(0);
  #at = 0;

  /** @param bufferBytes how much is shared at a time; pieces of more than half have their own */
  constructor(bufferBytes: number) {
    this.#bufferBytes = bufferBytes;
  }

  /** Gives so many bytes, in which there may be anything. */
  take(length: number): Uint8Array {
    if (length > this.#bufferBytes / 2) {
      return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
    }
    if (this.#at + length > this.#buffer.byteLength) {
      this.#buffer = Buffer.allocUnsafeSlow(this.#bufferBytes).buffer;
      this.#at = 0;
    }
    const piece = new Uint8Array(this.#buffer, this.#at, length);
    this.#at += length;
    return piece;
  }
}
