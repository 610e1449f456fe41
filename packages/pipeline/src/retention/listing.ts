import { createHash } from 'node:crypto';
import type { StoredObject } from '@atelier/artifacts';

/** What is known of an object by a listing. */
export interface ListedObject {
  bytes: number;
  /** Milliseconds since 1970. */
  modified: number;
}

/** Bytes of an ETag's digest. */
const etagBytes = 16;

/**
 * The objects of a store by key. There are hundreds of thousands: only the keys are values of their
 * own, all else stands in arrays.
 */
export class Listing {
  readonly #rows = new Map<string, number>();
  #numbers = new Float64Array(1024);
  #etags = Buffer.alloc(512 * etagBytes);

  add({ key, bytes, modified, etag }: StoredObject): void {
    const row = this.#rows.size;
    if (2 * row === this.#numbers.length) this.#grow();
    this.#rows.set(key, row);
    this.#numbers.set([bytes, modified.getTime()], 2 * row);
    this.#etags.set(digestOf(etag), etagBytes * row);
  }

  keys(): Iterable<string> {
    return this.#rows.keys();
  }

  has(key: string): boolean {
    return this.#rows.has(key);
  }

  get(key: string): ListedObject | undefined {
    const row = this.#rows.get(key);
    if (row === undefined) return undefined;
    return { bytes: this.#numbers[2 * row]!, modified: this.#numbers[2 * row + 1]! };
  }

  /** Whether the object was listed with this ETag. */
  isOf(key: string, etag: string): boolean {
    const row = this.#rows.get(key);
    if (row === undefined) return false;
    const listed = this.#etags.subarray(etagBytes * row, etagBytes * (row + 1));
    return listed.equals(digestOf(etag));
  }

  #grow(): void {
    const numbers = new Float64Array(2 * this.#numbers.length);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
    this.#etags = Buffer.concat([this.#etags, Buffer.alloc(this.#etags.length)]);
  }
}

/** An ETag is an MD5 digest in most cases; whatever else one is, it is digested. */
const digestOf = (etag: string): Buffer =>
  /^[0-9a-f]{32}$/.test(etag)
    ? Buffer.from(etag, 'hex')
    : createHash('sha256').update(etag).digest().subarray(0, etagBytes);
