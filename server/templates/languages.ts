/** The languages that come with the engine. Others are made from these with `with`. */
import { blockForms } from './helpers/blocks.js';
import { comparisonHelpers } from './helpers/comparisons.js';
import { conditionForms } from './helpers/conditions.js';
import { controlHelpers } from './helpers/control.js';
import { dateHelpers } from './helpers/dates.js';
import { listHelpers } from './helpers/lists.js';
import { messageHelpers } from './helpers/messages.js';
import { navigationHelpers } from './helpers/navigation.js';
import { numberHelpers } from './helpers/numbers.js';
import { objectHelpers } from './helpers/objects.js';
import { searchHelpers } from './helpers/search.js';
import { textHelpers } from './helpers/texts.js';
import { treeHelpers } from './helpers/tree.js';
import { Language } from './language.js';

/** Of pages: what is written is HTML, and values are escaped. */
export const PAGE_LANGUAGE = new Language({
  markup: true,
  forms: [...conditionForms, ...blockForms],
  helpers: [
    ...comparisonHelpers,
    ...controlHelpers,
    ...textHelpers,
    ...numberHelpers,
    ...dateHelpers,
    ...listHelpers,
    ...objectHelpers,
    ...navigationHelpers,
    ...treeHelpers,
    ...messageHelpers,
    ...searchHelpers,
  ],
});

/** Of plain text: nothing is escaped. */
export const TEXT_LANGUAGE = PAGE_LANGUAGE.with({ markup: false });
