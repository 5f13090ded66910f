/**
 * Checking what versions hold: that entries can be read and follow one another, that what they refer
 * to is there, in the version or in main, that what they are based on is kept, and that they are
 * counted right.
 *
 * One walk along the overlays. Memory holds one bit for each node of the patches of one version.
 */
import { declaredBlobs } from '../objects/blob-names.js';
import { checkBlob } from './check-blobs.js';
import { Chain } from './check-chain.js';
import { attempt, decoded, pathByPlaces, type CheckContext } from './check-context.js';
import type { FindingCode } from './check-finding.js';
import { checkMap } from './check-map.js';
import { isListPart, listNodesAt } from '../trees/list-nodes.js';
import type { Oid } from '../oid.js';
import { OidMarks } from '../pack/oid-marks.js';
import { isEntry, isPatch, isPatchNode, patchValueOf } from '../trees/patch-record.js';
import { encodeValue } from '../records/record.js';
import { scanRecord } from '../records/record-scan.js';
import type { ScannedOverlay, VersionSize } from '../storage.js';
import type { OverlayRevision, StoredRevision } from '../stored.js';
import { TID_ZERO, type Tid } from '../tid.js';

export async function checkOverlays(context: CheckContext): Promise<void> {
  const sizes = context.scan.versions()[Symbol.asyncIterator]();
  const counted = new Counted(context, async () => {
    const next = await sizes.next();
    return next.done === true ? undefined : next.value;
  });
  let overlay: Overlay | undefined;
  for await (const found of context.scan.overlays()) {
    await context.pause('overlays');
    if (overlay?.version !== found.version) {
      if (overlay !== undefined) await counted.compare(overlay.end());
      overlay = new Overlay(context, found.version);
    }
    await overlay.add(found);
  }
  if (overlay !== undefined) await counted.compare(overlay.end());
  await counted.end();
}

/** Compares what was counted with the storage's account; both come by version. */
class Counted {
  readonly #context: CheckContext;
  readonly #read: () => Promise<VersionSize | undefined>;
  #next: Promise<VersionSize | undefined>;

  constructor(context: CheckContext, read: () => Promise<VersionSize | undefined>) {
    this.#context = context;
    this.#read = read;
    this.#next = read();
  }

  async compare({ version, entries }: VersionSize): Promise<void> {
    for (;;) {
      const next = await this.#next;
      if (next === undefined || next.version > version) {
        if (entries > 0) this.#report(version, entries, 0);
        return;
      }
      this.#next = this.#read();
      if (next.version === version) {
        if (next.entries !== entries) this.#report(version, entries, next.entries);
        return;
      }
      this.#report(next.version, 0, next.entries);
    }
  }

  async end(): Promise<void> {
    for (let next = await this.#next; next !== undefined; next = await this.#read()) {
      this.#report(next.version, 0, next.entries);
    }
  }

  #report(version: Oid, entries: number, told: number): void {
    const what = `The version holds ${entries} entries, the storage says ${told}; a pack counts anew`;
    this.#context.findings.add({ code: 'overlay-count', version, path: '', what });
  }
}

/** What one version holds. */
class Overlay {
  readonly version: Oid;
  readonly #context: CheckContext;
  /** Nodes of patches, and those of them that a patch leads to. */
  readonly #nodes = new OidMarks();
  readonly #reached = new OidMarks();
  #chain: Chain | undefined;
  #entries = 0;

  constructor(context: CheckContext, version: Oid) {
    this.#context = context;
    this.version = version;
  }

  async add(found: ScannedOverlay): Promise<void> {
    const { oid, tid, isCurrent, revision } = found;
    if (this.#chain?.oid !== oid) {
      this.#chain?.end();
      this.#chain = new Chain(this.#context, oid, this.version);
    }
    this.#chain.add(found);
    this.#context.counts.revisions += 1;
    if (revision === undefined) return;
    this.#checkBase(oid, revision);
    if (isCurrent && isEntry(revision)) this.#entries += 1;
    const { record } = revision;
    if (record === undefined) return;
    const object = decoded(record);
    if (object === undefined) {
      this.#chain.report('record', 'The record cannot be decoded', tid);
      return;
    }
    for (const sha256 of declaredBlobs(object.className, object.state)) {
      await checkBlob(this.#context, sha256, { oid, tid, path: () => '' });
    }
    if (isCurrent) this.#checkCurrent(oid, record);
  }

  end(): VersionSize {
    this.#chain?.end();
    for (const oid of this.#nodes) {
      if (this.#reached.has(oid)) continue;
      this.#report('overlay-node', oid, 'It is a part of a patch, and no patch leads to it');
    }
    this.#context.counts.overlays += this.#entries;
    return { version: this.version, entries: this.#entries };
  }

  /** An entry is merged with main by what main had when it was made. */
  #checkBase(oid: Oid, { tid, record, basedOn }: OverlayRevision): void {
    if (basedOn === TID_ZERO) return;
    const { reader } = this.#context.scan;
    const look = (one: Oid, at: Tid): StoredRevision | undefined =>
      attempt(() => reader.revision(one, at));
    const base = look(oid, basedOn);
    const isThere = base !== undefined && base.tid <= basedOn;
    const parts =
      isThere && isListPart(record ?? base.record) ? listNodesAt(look, oid, basedOn) : [];
    const isWhole = attempt(() => [...parts].every(({ revision }) => revision !== undefined));
    if (isThere && isWhole === true) return;
    const what = `It is based on what main had at ${basedOn}, which is not there any more`;
    this.#report('overlay-base', oid, what, tid);
  }

  #checkCurrent(oid: Oid, record: Uint8Array): void {
    if (isPatchNode(record)) this.#nodes.add(oid);
    else if (isPatch(record)) this.#checkPatch(oid);
    else this.#checkReferences(oid, record);
  }

  #checkPatch(map: Oid): void {
    const { version } = this;
    const { reader } = this.#context.scan;
    const load = (oid: Oid): Uint8Array | undefined => reader.overlay(version, oid)?.record;
    // Its nodes are none of main's.
    const context = { ...this.#context, counts: { ...this.#context.counts } };
    const path = (): string => pathByPlaces(context, map);
    for (const { value } of checkMap(context, map, this.#reached, path, { version, load })) {
      // What main had may have ended since; what the version has is there.
      const shown = patchValueOf(value).value;
      if (shown !== undefined) this.#checkReferences(map, encodeValue(shown));
    }
  }

  #checkReferences(oid: Oid, bytes: Uint8Array): void {
    scanRecord(bytes, {
      reference: (to) => {
        if (this.#isThere(to)) return;
        const what = `It refers to object ${to}, which is not in the version and never was in main`;
        this.#report('dangling', oid, what);
      },
    });
  }

  /** What ended in main is there: that the version needs it comes out when it is brought to main. */
  #isThere(oid: Oid): boolean {
    const { reader } = this.#context.scan;
    const held = attempt(() => reader.overlay(this.version, oid));
    if (held !== undefined && !held.live) return held.record !== undefined;
    return attempt(() => reader.revision(oid)) !== undefined;
  }

  #report(code: FindingCode, oid: Oid, what: string, tid?: Tid): void {
    const path = pathByPlaces(this.#context, oid);
    const { version } = this;
    const at = tid === undefined ? {} : { tid };
    this.#context.findings.add({ code, oid, version, path, what, ...at });
  }
}
