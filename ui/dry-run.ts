/**
 * What a form, or a template, would change: the same differences as the preview of an undo shows.
 */
import { type DryRun, type Oid, type PublishRequest, type WouldChange } from '../server/index.js';
import { type Change, OPEN_MAX, shownChange, SHOWN_MAX } from './changes-shown.js';
import { diffContent, typeOfClass } from './content-state.js';
import { countInWords } from './helpers.js';
import { pathOf } from './undo-changes.js';

/** A dry run as the partial `dry-run` draws it. */
export interface DryRunShown {
  readonly title: string;
  readonly changes: readonly Change[];
  /** Objects that would change as well and are not shown: too many, or not to be viewed. */
  readonly more: number;
  /** Kinds of the jobs that it would start. */
  readonly jobs: readonly string[];
}

/** Shows what a request would change. */
export function shownDryRun(request: PublishRequest, run: DryRun): DryRunShown {
  const total = run.changes.length + run.hidden;
  const changes = run.changes
    .slice(0, SHOWN_MAX)
    .flatMap((change, index) => changeOf(request, run, change, index < OPEN_MAX) ?? []);
  return {
    title:
      total === 0 ? 'It would change nothing' : `It would change ${countInWords(total, 'object')}`,
    changes,
    more: total - changes.length,
    jobs: run.jobs,
  };
}

function changeOf(
  request: PublishRequest,
  { newPaths }: DryRun,
  { className, kind, path, pathNow, before, after }: WouldChange,
  open: boolean,
): Change | undefined {
  const type = typeOfClass(className);
  if (type === undefined) return undefined;
  const isTold = kind !== 'removed';
  const diff = diffContent(type, isTold ? before : undefined, isTold ? after : undefined, {
    pathOf: (oid) => newPaths.get(oid as Oid) ?? pathOf(request, oid as Oid),
  });
  const isHidden = kind === 'changed' && diff.same;
  return shownChange(
    { type, path: pathNow ?? path, kind, open, diff: { ...diff, hidden: isHidden } },
    {
      added: 'would be added',
      changed: 'would change',
      changedSign: '~',
      removed: 'would be removed',
      gone: '',
      becomes: 'would become',
      between: 'now, and as it would be',
    },
  );
}
