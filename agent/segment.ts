import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/**
 * One append-only file of the spool. A frame is a head of 24 bytes - length, CRC-32 of what follows them, sequence
 * number, records received up to and including this batch - and the batch. Numbers are little-endian; the last two are
 * doubles, exact to 2^53.
 */
export type Frame = {
  readonly sequence: number;
  /** Log records received since the spool was made, this batch included. */
  readonly received: number;
  readonly offset: number;
  readonly length: number;
};

const headLength = 24;

export class Segment {
  readonly path: string;
  readonly #file: number;
  #size = 0;

  /** Frames are read up to the first that is cut off or damaged; what follows it is cut away, as after a crash. */
  static open(
    path: string,
    frameLimit: number,
  ): { readonly segment: Segment; readonly frames: readonly Frame[]; readonly cut: number } {
    const segment = new Segment(path);
    const total = fstatSync(segment.#file).size;
    const frames: Frame[] = [];
    while (segment.#size < total) {
      const frame = segment.#readFrame(segment.#size, frameLimit);
      if (frame === null) break;
      frames.push(frame);
      segment.#size += headLength + frame.length;
    }
    const cut = total - segment.#size;
    if (cut > 0) ftruncateSync(segment.#file, segment.#size);
    return { segment, frames, cut };
  }

  private constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, 'a+', 0o600);
  }

  get size(): number {
    return this.#size;
  }

  /** Throws when the disk is full, and then leaves no part of the frame behind. */
  append(sequence: number, received: number, bytes: Uint8Array): Frame {
    const frame = Buffer.alloc(headLength + bytes.length);
    frame.writeUInt32LE(bytes.length, 0);
    frame.writeDoubleLE(sequence, 8);
    frame.writeDoubleLE(received, 16);
    frame.set(bytes, headLength);
    frame.writeUInt32LE(crc32(frame.subarray(8)), 4);
    try {
      if (writeSync(this.#file, frame) !== frame.length) throw new Error('the disk took only a part');
    } catch (error) {
      ftruncateSync(this.#file, this.#size);
      throw error;
    }
    const offset = this.#size + headLength;
    this.#size += frame.length;
    return { sequence, received, offset, length: bytes.length };
  }

  read(frame: Frame): Uint8Array {
    return this.#bytes(frame.offset, frame.length);
  }

  close(): void {
    closeSync(this.#file);
  }

  #readFrame(start: number, frameLimit: number): Frame | null {
    const head = this.#bytes(start, headLength);
    if (head.length < headLength) return null;
    const length = head.readUInt32LE(0);
    if (length > frameLimit) return null;
    const checked = this.#bytes(start + 8, headLength - 8 + length);
    if (checked.length < headLength - 8 + length || crc32(checked) !== head.readUInt32LE(4)) return null;
    const [sequence, received] = [head.readDoubleLE(8), head.readDoubleLE(16)];
    return { sequence, received, offset: start + headLength, length };
  }

  #bytes(offset: number, length: number): Buffer {
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, readSync(this.#file, buffer, 0, length, offset));
  }
}
