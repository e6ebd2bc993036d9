import { type Address, parseAddress } from '@bulkhead/net/address.ts';

/**
 * A field reads one value out of untrusted JSON. Where the value is not what is needed it says so to `fail` and gives a
 * stand-in, so that a record is always read to its end; the caller discards everything once anything failed.
 */
export type Field<T> = (value: unknown, at: string, fail: Fail) => T;
export type Fail = (at: string, needed: string) => void;

export const text =
  (most: number): Field<string> =>
  (value, at, fail) => {
    if (typeof value === 'string' && value.length <= most) return value;
    fail(at, `a text of at most ${most} characters is needed`);
    return '';
  };

export const count =
  (most: number): Field<number> =>
  (value, at, fail) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most) return value;
    fail(at, `a whole number from 0 to ${most} is needed`);
    return 0;
  };

/** A duration or another measurement: finite and not negative. */
export const measure: Field<number> = (value, at, fail) => {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  fail(at, 'a number not below 0 is needed');
  return 0;
};

export const flag: Field<boolean> = (value, at, fail) => {
  if (typeof value === 'boolean') return value;
  fail(at, 'true or false is needed');
  return false;
};

export const hash: Field<string> = (value, at, fail) => {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  fail(at, 'a SHA-256 in lower-case hex is needed');
  return '';
};

export const address: Field<Address> = (value, at, fail) => {
  const parsed = typeof value === 'string' && value.length <= 45 ? parseAddress(value) : null;
  if (parsed === null) fail(at, 'an IPv4 or IPv6 address is needed');
  return parsed ?? ('0.0.0.0' as Address);
};

export const oneOf =
  <const T extends string>(...values: readonly [T, ...T[]]): Field<T> =>
  (value, at, fail) => {
    const found = values.find((known) => known === value);
    if (found === undefined) fail(at, `one of ${values.join(', ')} is needed`);
    return found ?? values[0];
  };

export const nullable =
  <T>(field: Field<T>): Field<T | null> =>
  (value, at, fail) =>
    value === null ? null : field(value, at, fail);

/** For a key that may be absent, which it then is in what was read too. */
export const optional =
  <T>(field: Field<T>): Field<T | undefined> =>
  (value, at, fail) =>
    value === undefined ? undefined : field(value, at, fail);

export const list =
  <T>(field: Field<T>, most: number): Field<readonly T[]> =>
  (value, at, fail) => {
    if (!Array.isArray(value) || value.length > most) {
      fail(at, `a list of at most ${most} entries is needed`);
      return [];
    }
    return value.map((item: unknown) => field(item, at, fail));
  };

/** Keys that are not named here are ignored: a newer peer may say more. */
export const record =
  <T extends object>(fields: { readonly [K in keyof T]-?: Field<T[K]> }): Field<T> =>
  (value, at, fail) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isObject) fail(at, 'an object is needed');
    const source = isObject ? (value as Readonly<Record<string, unknown>>) : {};
    const out: Partial<T> = {};
    for (const key of Object.keys(fields) as (keyof T & string)[]) {
      const read = fields[key](Object.hasOwn(source, key) ? source[key] : undefined, `${at}.${key}`, fail);
      if (read !== undefined) out[key] = read;
    }
    return out as T;
  };
