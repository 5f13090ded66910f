/**
 * Follows the jobs of the database while any runs, and shows the figures anew when they have ended.
 * Without it, "Look again" does that.
 */
import { refresh } from './lib/server.js';

const LOOK_EVERY_MS = 700;

const jobs = document.querySelector('[data-database="jobs"]');
if (jobs !== null && isRunning(jobs)) follow(jobs);

function isRunning(section: Element): boolean {
  return section instanceof HTMLElement && section.dataset['running'] === 'yes';
}

function follow(section: Element): void {
  window.setTimeout(() => void look(section), LOOK_EVERY_MS);
}

async function look(section: Element): Promise<void> {
  const focused = section.contains(document.activeElement) ? document.activeElement?.id : undefined;
  const now = (await refresh(section, here(), 'database-jobs')) ?? section;
  // What was pressed by keyboard stays in reach of it.
  if (focused !== undefined && focused !== '') document.getElementById(focused)?.focus();
  if (isRunning(now)) return follow(now);
  for (const part of ['now', 'ended']) {
    const old = document.querySelector(`[data-database="${part}"]`);
    if (old !== null) await refresh(old, here(), `database-${part}`);
  }
}

/** This page's address, without the question that was answered. */
function here(): URL {
  const url = new URL(location.href);
  url.search = '';
  return url;
}
