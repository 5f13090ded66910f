#!/usr/bin/env node
/**
 * The `canopy` command. In a clone it first makes sure that packages are installed and the build is
 * current; an installed package brings its build along.
 */
import { existsSync } from 'node:fs';

const inClone = existsSync(new URL('../tsconfig.json', import.meta.url));
if (inClone) await import('./prepare.mjs');
await import('../.build/program/server/cli/main.js');
