/**
 * Chooses a moment with the slider below the bar of activity. Without it, the field for day and time
 * does.
 */
const MINUTE_MS = 60_000;
const MINUTE_CHARACTERS = 16;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `12 Nov 2026, 09:14 UTC`, as the server says it. */
function wordsOf(date: Date): string {
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ''} ${date.getUTCFullYear()}`;
  return `${day}, ${date.toISOString().slice(11, MINUTE_CHARACTERS)} UTC`;
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-client~="moment"]')) {
  const slider = form.querySelector<HTMLInputElement>('input[type="range"]');
  const field = form.querySelector<HTMLInputElement>('input[name="at"]');
  const words = form.querySelector<HTMLElement>('[data-moment="words"]');
  if (slider === null || field === null) continue;

  const say = (date: Date): void => {
    slider.setAttribute('aria-valuetext', wordsOf(date));
    if (words !== null) words.textContent = wordsOf(date);
  };
  slider.addEventListener('input', () => {
    const date = new Date(Number(slider.value) * MINUTE_MS);
    field.value = date.toISOString().slice(0, MINUTE_CHARACTERS);
    say(date);
  });
  field.addEventListener('input', () => {
    const ms = Date.parse(`${field.value}Z`);
    if (Number.isNaN(ms)) return;
    slider.value = String(Math.floor(ms / MINUTE_MS));
    say(new Date(ms));
  });
}
