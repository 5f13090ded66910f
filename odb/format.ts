/**
 * The format of a database on disk: its number, and the steps from one format to the next.
 *
 * A database remembers the format it was written in. An older one is brought up to date when it is
 * opened, step by step; a newer one is refused, since this release cannot know what it means.
 */
import { OdbError } from './errors.js';

/**
 * What this release writes: the keys of `level-keys.ts`, the records of `record.ts`. The second format
 * has overlays, of which the first knew nothing: a pack would have removed what they need.
 */
export const FORMAT = 2;

/** Brings a database from format `from` to `from + 1`. */
export interface FormatStep<Target> {
  readonly from: number;
  run(target: Target): Promise<void>;
}

/**
 * Gives the steps that bring a database to the present format, in order.
 *
 * @param found the database's format
 * @param steps all steps there are
 * @param where the database's directory, for messages
 * @throws OdbError `ODB_FORMAT` when it is newer, or too old for the steps there are
 */
export function stepsFrom<Target>(
  found: number,
  steps: readonly FormatStep<Target>[],
  where: string,
): readonly FormatStep<Target>[] {
  if (found > FORMAT) {
    throw new OdbError(
      'ODB_FORMAT',
      `The database in ${where} has format ${found}; this release reads up to ${FORMAT}. Use a newer release`,
    );
  }
  const needed: FormatStep<Target>[] = [];
  for (let format = found; format < FORMAT; format++) {
    const step = steps.find(({ from }) => from === format);
    if (step === undefined) {
      throw new OdbError(
        'ODB_FORMAT',
        `The database in ${where} has format ${found}, and this release has no way from ${format} to ${format + 1}. Open it with an older release and export it`,
      );
    }
    needed.push(step);
  }
  return needed;
}
