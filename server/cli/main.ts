/** The program `canopy`: one call of the command line, with what this process was given. */
import { canopy } from './canopy.js';

process.exitCode = await canopy({
  args: process.argv.slice(2),
  env: process.env,
  directory: process.cwd(),
  out: (line) => console.log(line),
  err: (line) => console.error(line),
});
