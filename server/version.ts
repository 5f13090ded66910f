/**
 * The product's version, as its package says it.
 */
import { createRequire } from 'node:module';

const manifest = createRequire(import.meta.url)('canopy/package.json') as {
  readonly version: string;
};

export const VERSION = manifest.version;
