import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A `PATH` on which nft is the script; what it finds in `$nft` is the real one. Behind the script's end the real one is
 * run.
 */
export function wrapNft(folder: string, script: string): string {
  const real = execFileSync('sh', ['-c', 'command -v nft'], { encoding: 'utf8' }).trim();
  const programs = join(folder, 'programs');
  mkdirSync(programs, { recursive: true });
  const file = join(programs, 'nft');
  writeFileSync(file, `#!/bin/sh\nnft=${real}\n${script}\nexec "$nft" "$@"\n`);
  chmodSync(file, 0o700);
  return `${programs}:${process.env.PATH}`;
}
