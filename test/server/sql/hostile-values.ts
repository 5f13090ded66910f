/**
 * Values that somebody would send to make a statement say something else.
 */
import { Html, taint, Tainted } from '../../../server/templates/index.js';

/** In every hostile text, so that it is seen wherever it comes out. */
export const MARKER = '7331733';

/** Texts. All but three can be stored as they are; those hold NUL or half a character. */
export const HOSTILE_TEXTS: readonly string[] = [
  `${MARKER}' OR '1'='1`,
  `${MARKER}" OR "1"="1`,
  `${MARKER}'; DROP TABLE t; --`,
  `${MARKER}); DELETE FROM t; --`,
  `${MARKER}' UNION SELECT password FROM users --`,
  `${MARKER}\\'; DROP TABLE t; --`,
  `\\${MARKER}`,
  `'${MARKER}\\`,
  `${MARKER}*/ DROP TABLE t /*`,
  `${MARKER}/*! DROP TABLE t */`,
  `${MARKER}\n-- x\r\nDROP TABLE t`,
  `${MARKER}$$; DROP TABLE t; $$`,
  `$tag$${MARKER}$tag$`,
  `E'${MARKER}'`,
  `0x${MARKER}`,
  `${MARKER} OR 1=1`,
  `-- ${MARKER}`,
  `# ${MARKER}`,
  `; ${MARKER}`,
  `${MARKER}\`; DROP TABLE t`,
  `]${MARKER}[`,
  // Placeholders and marks.
  `? ${MARKER}`,
  `$1 ${MARKER} $2`,
  `:a @a ${MARKER}`,
  `\uFDD20\uFDD3 ${MARKER}`,
  `\uFDD2${MARKER}\uFDD3`,
  `\uFDD4${MARKER}:1\uFDD5`,
  `\uFDD41:1!\uFDD5 ${MARKER}`,
  `\uFDD6 DROP TABLE t; ${MARKER}`,
  `\uFDD00\uFDD1 ${MARKER}`,
  // Templates in values.
  `{{sqlvar a}} ${MARKER}`,
  `{{{a}}} {{> x}} ${MARKER}`,
  `\\{{a}} ${MARKER}`,
  // Characters that some encoding or other turns into a quote.
  `${MARKER}\u00bf' OR 1=1`,
  `${MARKER}\u02bc OR 1=1`,
  `${MARKER}\u2019 OR 1=1`,
  `${MARKER}\uff07 OR 1=1`,
  `\ufeff${MARKER}'`,
  `${MARKER}\u0000' OR 1=1`,
  `${MARKER}\ud800' OR 1=1`,
  `\udc27${MARKER}`,
  `${MARKER}%_\\%`,
  `${MARKER}${"'".repeat(10_000)}`,
];

/** All else, by what it is. */
export const HOSTILE_OTHERS: readonly (readonly [name: string, value: unknown])[] = [
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
  ['a huge float', 1.7976931348623157e308],
  ['a number beyond 2^53', 2 ** 60],
  ['a bigint of 64 bits', -(2n ** 63n)],
  ['a bigint beyond', 2n ** 64n],
  ['a huge bigint', 7331733n ** 500n],
  ['no date', new Date(Number.NaN)],
  ['a date far away', new Date(8.64e15)],
  ['a record', { a: `${MARKER}'; --` }],
  ['a record that says it is a text', { toString: (): string => `${MARKER}'` }],
  ['a record with a prototype in it', JSON.parse(`{"__proto__": {"a": "${MARKER}'"}}`)],
  ['a record that says it is a list', { length: 1, 0: `${MARKER}'` }],
  ['a record that says it is JSON', { toJSON: (): string => `${MARKER}'` }],
  ['a function', (): string => `${MARKER}'`],
  ['a symbol', Symbol(MARKER)],
  ['a String', new String(`${MARKER}'`)],
  ['a Map', new Map([[MARKER, "'"]])],
  ['a list in a list', [[`${MARKER}'`]]],
  ['a list with a record', [{ a: `${MARKER}'` }]],
  ['a list with holes', Object.assign([], { 1: `${MARKER}'` })],
  ['markup', new Html(`${MARKER}'`)],
  ['a marked list', taint([`${MARKER}'`, `${MARKER};`])],
  ['a list of marked texts', [new Tainted(`${MARKER}'`)]],
  ['a marked record', taint({ a: [`${MARKER}'`] })],
  ['bytes', new TextEncoder().encode(`${MARKER}'`)],
];
