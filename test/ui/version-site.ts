/** A site with a version, and how to read the pages about it. */
import { AdminSite, type Page } from './admin-site.js';

/** A guide with two pages, and the version `/redesign` in which nothing is changed yet. */
export async function versionSite(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  await admin.add('/guide', {
    ...{ type: 'Document', id: 'faq', title: 'Questions' },
    fields: { source: 'one\ntwo\nthree\n' },
  });
  await admin.add('/guide', { type: 'Document', id: 'old', title: 'Old' });
  await admin.add('/', { type: 'Version', id: 'redesign', title: 'Redesign' });
  return admin;
}

/** The cookie of a browser in the version at a path. */
export function inside(admin: AdminSite, path = '/redesign'): { readonly cookies: string } {
  return { cookies: `canopy_version=${admin.look(path, (object) => object?.oid) ?? ''}` };
}

/** Adds a page, changes one and removes one, in the version. */
export async function change(admin: AdminSite): Promise<void> {
  const there = inside(admin);
  const added = { action: 'add', id: 'new', title: 'New' };
  await admin.post('/guide/@manage/add/Document', added, there);
  await admin.post(
    '/guide/faq/@manage/properties',
    { action: 'save', title: 'Answers', fields: 'sent' },
    there,
  );
  await admin.post('/guide/@manage/contents', { action: 'delete', id: 'old' }, there);
}

/** The words of a page. */
export function textOf({ text }: Page): string {
  return text
    .replaceAll(/<(svg|script|style)\b.*?<\/\1>/gs, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll(/\s+/g, ' ');
}

/** The changes that a page lists, each as `Added /guide/new`. */
export function changesOf({ text }: Page): readonly string[] {
  return [...text.matchAll(/<article class="change[^>]*aria-label="([^"]*)"/g)].map(
    ([, label = '']) => label,
  );
}

/** The title on main of what is at a path; `undefined` where nothing is. */
export function titleAt(admin: AdminSite, path: string): string | undefined {
  return admin.look(path, (object) => object?.title);
}
