import { basicConformance } from './conformance/basic.js';
import { conflictConformance } from './conformance/conflicts.js';
import { iterationConformance } from './conformance/iteration.js';
import { mapConformance } from './conformance/maps.js';
import { revisionConformance } from './conformance/revisions.js';
import { setConformance } from './conformance/sets.js';
import { surroundingsConformance } from './conformance/surroundings.js';
import { transferConformance } from './conformance/transfer.js';
import { undoConformance } from './conformance/undo.js';
import { openLevel, openMemory } from './support/storages.js';

const storages = [
  ['memory', openMemory],
  ['LevelDB, written in this thread', openLevel(false)],
  ['LevelDB, written in its own thread', openLevel(true)],
] as const;

for (const [name, open] of storages) {
  basicConformance(name, open);
  revisionConformance(name, open);
  conflictConformance(name, open);
  mapConformance(name, open);
  setConformance(name, open);
  surroundingsConformance(name, open);
  undoConformance(name, open);
  iterationConformance(name, open);
  transferConformance(name, open);
}
