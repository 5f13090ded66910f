/**
 * What a text index works with: its maps, its fields, and what reads its language.
 */
import type { Analyser } from './analyser.js';
import type { LengthMap, PostingMap } from './text-maps.js';
import type { Vocabulary } from './vocabulary.js';

export interface TextParts {
  /** Names, each once. */
  readonly fields: readonly string[];
  /** How much a field counts; 1 as a rule. */
  readonly boosts: readonly number[];
  readonly analyser: Analyser;
  readonly postings: PostingMap;
  readonly lengths: LengthMap;
  readonly vocabulary: Vocabulary;
}
