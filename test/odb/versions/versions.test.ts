import { versionConformance } from '../conformance/versions.js';
import { versionCopyConformance } from '../conformance/version-copies.js';
import { versionListConformance } from '../conformance/version-lists.js';
import { versionMapConformance } from '../conformance/version-maps.js';
import { versionPackConformance } from '../conformance/version-pack.js';
import { storageKinds } from '../support/storages.js';

for (const [name, open] of storageKinds) {
  versionConformance(name, open);
  versionListConformance(name, open);
  versionMapConformance(name, open);
  versionPackConformance(name, open);
  versionCopyConformance(name, open);
}
