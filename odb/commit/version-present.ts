/**
 * What is stored now, or was once, as a version shows it: its own entries, and main elsewhere.
 */
import type { Present } from './decision.js';
import type { Oid } from '../oid.js';
import type { OverlayRevision, StoredRevision } from '../stored.js';
import { isPatch, patchTree } from '../trees/patch-record.js';
import { TID_ZERO, type Tid } from '../tid.js';
import type { ObjectWrite } from '../writes.js';

export class VersionPresent {
  readonly #present: Pick<Present, 'revision' | 'overlay'>;
  readonly #version: Oid;

  constructor(present: Pick<Present, 'revision' | 'overlay'>, version: Oid) {
    this.#present = present;
    this.#version = version;
  }

  /** Gives the version's entry, which may say that main shows through. */
  entry(oid: Oid, at?: Tid): OverlayRevision | undefined {
    return this.#present.overlay(this.#version, oid, at);
  }

  /** Gives what the version holds of an object; `undefined` where main shows through. */
  held(oid: Oid, at?: Tid): OverlayRevision | undefined {
    const entry = this.entry(oid, at);
    return entry === undefined || entry.live ? undefined : entry;
  }

  /** Gives what is read in the version: its own, or main's. Of a map with a patch, main's. */
  revision(oid: Oid, at?: Tid): StoredRevision | undefined {
    const held = this.held(oid, at);
    return held === undefined || isPatch(held.record) ? this.#present.revision(oid, at) : held;
  }

  /** Of a list that main has, what is not the version's is as of the moment it rests on. */
  listNode(list: Oid, oid: Oid, at?: Tid): StoredRevision | undefined {
    const root = this.held(list, at);
    const moment = root === undefined || root.basedOn === TID_ZERO ? at : root.basedOn;
    return this.held(oid, at) ?? this.#present.revision(oid, moment);
  }

  /** Lists the nodes of a map's patch; none, where there is none. */
  patchNodes(map: Oid): Oid[] {
    if (!isPatch(this.held(map)?.record)) return [];
    return patchTree(map, (oid) => this.held(oid)?.record);
  }

  /** Gives the base of a write as a revision of main, where the one that is named ended the entry. */
  baseInMain({ oid, baseTid }: Pick<ObjectWrite, 'oid' | 'baseTid'>): Tid {
    const ended = this.entry(oid, baseTid);
    if (ended?.tid !== baseTid || !ended.live) return baseTid;
    const main = this.#present.revision(oid, baseTid)?.tid ?? TID_ZERO;
    return main <= baseTid ? main : baseTid;
  }
}
