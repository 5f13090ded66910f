import { basicConformance } from './conformance/basic.js';
import { blobHistoryConformance } from './conformance/blob-history.js';
import { conflictConformance } from './conformance/conflicts.js';
import { connectionConformance } from './conformance/connections.js';
import { deletingConformance } from './conformance/deleting.js';
import { figuresConformance } from './conformance/figures.js';
import { iterationConformance } from './conformance/iteration.js';
import { loggingConformance } from './conformance/logging.js';
import { mapConformance } from './conformance/maps.js';
import { orderConformance } from './conformance/order.js';
import { ownMergesConformance } from './conformance/own-merges.js';
import { revisionConformance } from './conformance/revisions.js';
import { setConformance } from './conformance/sets.js';
import { surroundingsConformance } from './conformance/surroundings.js';
import { transferConformance } from './conformance/transfer.js';
import { undoMapsConformance } from './conformance/undo-maps.js';
import { undoConformance } from './conformance/undo.js';
import { storageKinds } from './support/storages.js';

for (const [name, open] of storageKinds) {
  basicConformance(name, open);
  orderConformance(name, open);
  revisionConformance(name, open);
  conflictConformance(name, open);
  ownMergesConformance(name, open);
  mapConformance(name, open);
  setConformance(name, open);
  surroundingsConformance(name, open);
  figuresConformance(name, open);
  undoConformance(name, open);
  undoMapsConformance(name, open);
  iterationConformance(name, open);
  transferConformance(name, open);
  deletingConformance(name, open);
  blobHistoryConformance(name, open);
  connectionConformance(name, open);
  loggingConformance(name, open);
}
