/** `markMask`: one run of bits of the conntrack mark that are ours (nftables/stamp.ts); the others are kept. */
export type NftOptions = {
  readonly table: string;
  readonly logGroup: number;
  /** Where answers of name servers go, whole. */
  readonly answerGroup: number;
  readonly markMask: number;
};

export const defaultNftOptions: NftOptions = {
  table: 'bulkhead',
  logGroup: 4279,
  answerGroup: 4280,
  markMask: 0x0000ffff,
};
