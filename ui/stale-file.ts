/**
 * Replacing a file that somebody else replaced meanwhile: whoever comes second is told, and sends
 * theirs again when it is to stay.
 */
import { type Content, contentTypes, type PublishRequest } from '../server/index.js';
import { wordOf } from './diff-fields.js';
import type { Values } from './edit-merge.js';
import { sizeInWords } from './helpers.js';
import { conflictOn, shownIn, type StaleForm } from './stale.js';

/**
 * Makes sure that the file is the one that the form showed.
 * @throws PreconditionFailed `UI_EDIT_CONFLICT`
 */
export function requireSameFile(object: Content, request: PublishRequest): void {
  const [then, now] = [shownIn(object, request), object].map((each) => hashOf(each));
  if (then !== now) throw conflictOn(object, request);
}

/** What is shown of both files. */
export function staleFile({ form }: PublishRequest, href: string): StaleForm {
  const sent = form.file('data');
  const mine = sent === undefined ? '' : fileInWords(sent);
  const labels = new Map([['file', 'File']]);
  return { href, read, mine: { file: mine }, labels, isSentAgain: true };
}

function read(object: Content): Values {
  const { filename, sizeBytes, sha256 } = contentTypes.of(object).read(object);
  return {
    file: fileInWords({
      filename: wordOf(filename),
      sizeBytes: Number(sizeBytes ?? object.size),
      sha256: wordOf(sha256),
    }),
  };
}

function fileInWords(file: {
  readonly filename: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}): string {
  return `${file.filename} ${sizeInWords(file.sizeBytes)}, SHA-256 ${file.sha256.slice(0, 12)}…`.trim();
}

function hashOf(object: Content): unknown {
  return contentTypes.of(object).read(object)['sha256'];
}
