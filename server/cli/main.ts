/** The program `canopy`: one call of the command line, with what this process was given. */
import { canopy } from './canopy.js';

const code = await canopy({
  args: process.argv.slice(2),
  env: process.env,
  directory: process.cwd(),
  out: (line) => console.log(line),
  err: (line) => console.error(line),
});
for (const stream of [process.stdout, process.stderr]) {
  await new Promise((done) => stream.write('', done));
}
// While Node takes itself apart to end, a signal ends the process: `npm` may pass one on until then.
process.exit(code);
