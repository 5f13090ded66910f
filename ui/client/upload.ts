/**
 * Uploads files that are dropped on the page, or chosen with the upload button. Without this, the
 * button leads to a form.
 */
const form = document.querySelector<HTMLFormElement>('form[data-client~="upload"]');
const field = form?.querySelector<HTMLInputElement>('input[type="file"]') ?? null;

if (form !== null && field !== null) {
  for (const button of document.querySelectorAll<HTMLAnchorElement>('a[data-upload]')) {
    button.addEventListener('click', (event) => {
      event.preventDefault();
      field.click();
    });
  }
  field.addEventListener('change', () => send(form));

  let depth = 0;
  const bringsFiles = (event: DragEvent): boolean =>
    event.dataTransfer?.types.includes('Files') === true;
  const over = (by: number): void => {
    depth = Math.max(0, depth + by);
    form.hidden = depth === 0;
  };

  document.addEventListener('dragenter', (event) => {
    if (bringsFiles(event)) over(1);
  });
  document.addEventListener('dragleave', (event) => {
    if (bringsFiles(event)) over(-1);
  });
  document.addEventListener('dragover', (event) => {
    if (bringsFiles(event)) event.preventDefault();
  });
  document.addEventListener('drop', (event) => {
    const files = event.dataTransfer?.files;
    if (!bringsFiles(event) || files === undefined) return;
    event.preventDefault();
    field.files = files;
    send(form);
  });
}

function send(form: HTMLFormElement): void {
  form.hidden = false;
  form.ariaBusy = 'true';
  form.requestSubmit();
}
