/**
 * The editor of a source: highlighting, errors at their line, what is not saved, saving without
 * leaving the page. Without it, the plain field and its Save button do.
 */
import { acquiredNames, type KnownName } from './lib/acquired-names.js';
import { problemsIn, refresh, send } from './lib/server.js';
import { createSourceEditor, openSearch } from './lib/source-editor.js';
import type { LanguageName } from './lib/source-language.js';
import { goTo, type Problem, showProblems } from './lib/source-problems.js';
import { markUnsaved, unsavedLines } from './lib/unsaved.js';

const COUNT_AFTER_MS = 150;
const CHECK_AFTER_MS = 400;

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-client~="editor"]')) {
  const field = form.querySelector<HTMLTextAreaElement>('textarea[name="source"]');
  if (field !== null) edit(form, field);
}

function edit(form: HTMLFormElement, field: HTMLTextAreaElement): void {
  const status = document.querySelector<HTMLElement>('[data-editor="status"]');
  const position = form.querySelector<HTMLElement>('[data-editor="position"]');
  const note = document.querySelector<HTMLInputElement>('[data-editor="note"]');
  const base = form.querySelector<HTMLInputElement>('input[name="base"]');
  let savedText = savedTextOf(form) ?? field.defaultValue;
  let savedFields = field.dataset['saved'] === 'no' ? '' : fieldsOf(form);
  let leaving = false;
  let saving = false;
  let countTimer = 0;
  let checkTimer = 0;
  let checks = 0;
  let names: { readonly place: string; readonly known: Promise<readonly KnownName[]> } | undefined;

  const view = createSourceEditor({
    field,
    language: (field.dataset['language'] ?? 'text') as LanguageName,
    mustaches: field.dataset['mustaches'] === 'yes',
    label: `${field.dataset['label'] ?? 'Source'}. Escape, then Tab, leaves the editor.`,
    more: acquiredNames(
      field.dataset['mustaches'] === 'yes' ? loadNames : undefined,
      (field.dataset['language'] ?? 'text') as LanguageName,
    ),
    onChange: changed,
    onMove: (line, column) => {
      if (position !== null) position.textContent = `Line ${line}, column ${column}`;
    },
  });
  const found = document.querySelector<HTMLElement>('[data-problems]')?.dataset['problems'];
  if (found !== undefined && found !== '') tell(JSON.parse(found) as readonly Problem[]);
  count();

  function changed(): void {
    window.clearTimeout(countTimer);
    countTimer = window.setTimeout(count, COUNT_AFTER_MS);
    window.clearTimeout(checkTimer);
    checkTimer = window.setTimeout(() => void check(), CHECK_AFTER_MS);
  }

  /** Counts what is not saved, and says it. */
  function count(): void {
    const text = view.state.doc.toString();
    const unsaved =
      text === savedText
        ? { count: 0, lines: [] }
        : unsavedLines(savedText.split('\n'), text.split('\n'));
    view.dispatch({ effects: markUnsaved.of(unsaved.lines) });
    const fields = fieldsOf(form) === savedFields ? 0 : 1;
    if (status === null || saving) return;
    if (unsaved.count + fields === 0) {
      if (status.classList.contains('savedot--dirty')) say('Saved', { dirty: false });
      return;
    }
    const lines = unsaved.count === 1 ? '1 line' : `${unsaved.count} lines`;
    say(unsaved.count === 0 ? 'Not saved' : `${lines} not saved`, { dirty: true });
  }

  function say(words: string, { dirty }: { readonly dirty: boolean }): void {
    if (status === null) return;
    status.hidden = false;
    status.textContent = words;
    status.classList.toggle('savedot--dirty', dirty);
  }

  const isDirty = (): boolean =>
    view.state.doc.toString() !== savedText || fieldsOf(form) !== savedFields;

  /** Has the server compile the text and try it out, and shows what it found. */
  async function check(): Promise<void> {
    checks += 1;
    const mine = checks;
    const sent = await send(form, 'check');
    if (mine !== checks || sent.kind !== 'done') return;
    const problems = problemsIn(sent.body);
    tell(problems);
    showActive(sent.body['active']);
    form.dispatchEvent(new CustomEvent('canopy-checked', { detail: { ...sent.body, problems } }));
  }

  function tell(problems: readonly Problem[]): void {
    showProblems(
      view,
      problems.filter((problem) => problem.field === 'fields.source'),
    );
    listProblems(problems, (problem) => goTo(view, problem.line ?? 1, problem.column ?? 1));
  }

  async function save(button: HTMLButtonElement): Promise<void> {
    if (saving) return;
    saving = true;
    const text = view.state.doc.toString();
    const fields = fieldsOf(form);
    button.setAttribute('aria-busy', 'true');
    const sent = await send(form, 'save');
    button.removeAttribute('aria-busy');
    saving = false;
    if (sent.kind === 'invalid') {
      tell(sent.problems);
      say('Not saved: see the errors', { dirty: true });
      return;
    }
    if (sent.kind === 'unreachable') {
      say('Not saved: the server did not answer', { dirty: true });
      return;
    }
    if (sent.kind === 'refused') {
      submitPlainly(button);
      return;
    }
    const { url: gone } = sent.body;
    const url = new URL(typeof gone === 'string' ? gone : location.href, location.href);
    if (url.searchParams.has('merged')) {
      leaving = true;
      location.assign(url);
      return;
    }
    savedText = text;
    savedFields = fields;
    closeNote();
    const tid = sent.body['tid'];
    if (typeof tid === 'string' && base !== null) base.value = tid;
    tell([]);
    count();
    void check();
    say(savedWords(typeof tid === 'string'), { dirty: isDirty() });
    const toasts = document.querySelector('.toasts');
    if (toasts !== null && typeof tid === 'string') {
      await refresh(toasts, url, 'toasts');
      document.dispatchEvent(new CustomEvent('canopy-toast'));
    }
  }

  /** Closes the panel of the note, which was sent, and goes back to the text. */
  function closeNote(): void {
    const panel = note?.closest('details') ?? null;
    if (note === null || panel === null) return;
    note.value = '';
    if (panel.open) view.focus();
    panel.open = false;
  }

  /** Sends the form as it would be without this module: the server's page explains, and keeps the text. */
  function submitPlainly(button: HTMLButtonElement): void {
    leaving = true;
    form.requestSubmit(button);
  }

  form.addEventListener('submit', (event) => {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement) || button.formTarget !== '') return;
    const isTried = button.hasAttribute('formaction');
    if (leaving || isTried || button.value !== 'save') {
      leaving = true;
      return;
    }
    event.preventDefault();
    void save(button);
  });
  form.addEventListener('input', changed);
  form.addEventListener('change', changed);
  document.querySelector('[data-editor="find"]')?.addEventListener('click', () => openSearch(view));
  document.addEventListener('keydown', (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== 's')
      return;
    event.preventDefault();
    const button = document.querySelector<HTMLButtonElement>('[data-editor="save"]');
    if (!event.shiftKey) button?.click();
    else if (note !== null) {
      note.closest('details')?.setAttribute('open', '');
      note.focus();
    }
  });
  window.addEventListener('beforeunload', (event) => {
    if (!leaving && isDirty()) event.preventDefault();
  });
  window.addEventListener('pageshow', () => {
    leaving = false;
  });

  /** Gives the names that answer where the source is seen from, asked for once a place. */
  function loadNames(): Promise<readonly KnownName[]> {
    const place = form.querySelector<HTMLInputElement>('input[name="from"]')?.value ?? '';
    if (names?.place !== place) names = { place, known: fetchNames() };
    return names.known;
  }

  async function fetchNames(): Promise<readonly KnownName[]> {
    const sent = await send(form, 'names');
    const found = sent.kind === 'done' ? sent.body['names'] : undefined;
    return Array.isArray(found) ? (found as readonly KnownName[]) : [];
  }
}

/** The form's other fields, to tell whether one of them differs from what is saved. */
function fieldsOf(form: HTMLFormElement): string {
  const values: string[] = [];
  for (const element of form.elements) {
    const field = element as HTMLInputElement;
    if (!/^(title|fields\.)/.test(field.name)) continue;
    const value = field.type === 'checkbox' ? String(field.checked) : field.value;
    values.push(`${field.name}=${value}`);
  }
  return values.join('\n');
}

/** What is saved, where the form came back with something else. */
function savedTextOf(form: HTMLFormElement): string | undefined {
  return form.querySelector<HTMLTextAreaElement>('[data-editor="saved"]')?.defaultValue;
}

function savedWords(changed: boolean): string {
  const now = new Date();
  const clock = `${now.getHours()}:${String(now.getMinutes()).padStart(2, '0')}`;
  return changed ? `Saved, ${clock}` : 'Saved already';
}

/** Lists problems outside of the editor too: for those who do not see its marks. */
function listProblems(problems: readonly Problem[], open: (problem: Problem) => void): void {
  const place = document.querySelector<HTMLElement>('[data-problems]');
  if (place === null) return;
  place.hidden = problems.length === 0;
  const items = problems.map((problem) => {
    const item = document.createElement('li');
    const link = document.createElement('button');
    link.type = 'button';
    link.className = 'linkish';
    const where =
      problem.line === undefined ? '' : `Line ${problem.line}, column ${problem.column ?? 1}: `;
    link.textContent = `${where}${problem.message}`;
    link.addEventListener('click', () => open(problem));
    item.append(link);
    return item;
  });
  place.querySelector('ol')?.replaceChildren(...items);
  const heading = place.querySelector('[data-editor="count"]');
  if (heading !== null) {
    heading.textContent = problems.length === 1 ? '1 error' : `${problems.length} errors`;
  }
}

/** Shows what the page would be served without, above the text; nothing when all of it is served. */
function showActive(told: unknown): void {
  const notice = document.querySelector<HTMLElement>('[data-editor="active"]');
  if (notice === null) return;
  const { title = '', detail = '' } = (told ?? {}) as Readonly<Record<string, string>>;
  notice.hidden = title === '';
  for (const [name, words] of [
    ['active-title', title],
    ['active-detail', detail],
  ] as const) {
    const line = notice.querySelector(`[data-editor="${name}"]`);
    if (line !== null && line.textContent !== words) line.textContent = words;
  }
}
