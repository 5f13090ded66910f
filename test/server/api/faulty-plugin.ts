/**
 * A plugin with a content type that misbehaves when it is read, in the way that its id says.
 */
import { TID_ZERO, TransientError } from '../../../odb/index.js';
import { Content } from '../../../server/content/content.js';
import type { ContentType } from '../../../server/content/content-type.js';
import type { Plugin } from '../../../server/plugin.js';

/** Ids that make an object misbehave, and the status that becomes of it. */
export const FAULTS = { fails: 500, conflicts: 503, hangs: 503 } as const;

class Faulty extends Content {
  static {
    this.define('test.api.Faulty', {});
  }

  get type(): string {
    return 'Faulty';
  }

  get size(): number {
    return 0;
  }
}

const faultyType: ContentType<Faulty> = {
  name: 'Faulty',
  title: 'Faulty',
  icon: 'document',
  description: 'Misbehaves.',
  class: Faulty,
  addPermission: 'Add Documents',
  changePermission: 'Change Documents',
  executable: false,
  fields: [],
  read({ id, tid }) {
    // It can be added.
    if (tid === TID_ZERO) return {};
    switch (id) {
      case 'fails':
        throw new TypeError('A fault of the trial');
      case 'conflicts':
        throw new TransientError('ODB_CONFLICT', 'A conflict of the trial');
      case 'hangs':
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        return {};
      default:
        return {};
    }
  },
  apply() {},
};

export const plugin: Plugin = { name: 'faulty', contentTypes: [faultyType] };
