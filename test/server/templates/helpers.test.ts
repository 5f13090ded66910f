import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern, matchesPattern } from '../../../server/templates/pattern.js';
import { folder, page, script, TestSite } from './test-site.js';

function site(): TestSite {
  const root = folder(
    {
      title: 'Site',
      sum: 'a property',
      empty: '',
      none: null,
      zero: 0,
      no: false,
      text: 'The quick brown fox',
      lines: 'a <b>\r\nc',
      numbers: [3, 1, 2],
      rows: [
        { n: 4, d: new Date('2026-01-01') },
        { n: '2', d: new Date('2025-01-01') },
        { n: null },
        { n: 9 },
      ],
      when: new Date('2026-03-29T01:30:05.678Z'),
      day: '2026-01-31',
      record: { b: 1, a: 2 },
      half: 2.5,
    },
    {
      news: folder(
        { title: 'News & more' },
        {
          index_html: page(),
          'a b': page({ title: 'A' }),
          deep: folder({ title: 'Deep' }, { x: page({ title: 'X' }) }),
        },
      ),
      'style.css': page({ title: 'Style' }),
      latest: script(({ named: { limit } }) =>
        Array.from({ length: Number(limit) }, (_, n) => ({ n })),
      ),
    },
  );
  return new TestSite(root, { query: 'a=1&open=deep', form: { open: 'news news/deep', f: 'x' } });
}

const table: readonly (readonly [source: string, expected: string, path?: string])[] = [
  // Choosing
  ['{{default nothing "n/a"}}{{default empty "n/a"}}{{default nothing none "last"}}', 'n/alast'],
  [
    '{{ifnull empty "-"}}{{ifnull zero "-"}}{{ifnull no "-"}}{{ifnull none "-"}}{{ifnull text "-"}}',
    '-0--The quick brown fox',
  ],
  ['{{or empty "b"}} {{and "a" "b"}} {{and "a" zero}}', 'b b 0'],
  [
    '{{eq 1 "1"}} {{eq 1 1 1}} {{eq 1 1 2}} {{eq none nothing}} {{ne "a" "b"}}',
    'true true false true true',
  ],
  [
    '{{lt 2 10}} {{lt "2" 10}} {{gt "b" "a"}} {{ge 2 2}} {{le 3 2}} {{lt none 1}}',
    'true true true true false false',
  ],
  ['{{lt rows.[1].d rows.[0].d}} {{eq when (dateAdd when 0)}}', 'true true'],
  [
    '{{not empty}} {{empty zero}} {{empty numbers}} {{empty empty}} {{empty nothing}}',
    'true false false true true',
  ],
  [
    '{{in 2 numbers}} {{in "b" record}} {{in "row" "brown"}} {{in "b" "a" "b" "c"}} {{in 7 numbers}}',
    'true true true true false',
  ],
  [
    '{{between 2 1 3}} {{between 3 1 3}} {{between 4 1 3}} {{between "b" "a" "c"}}',
    'true true false true',
  ],
  [
    '{{matches text "quick|slow"}} {{matches text "^quick"}} {{matches "AB" "^ab$" ignoreCase=true}}',
    'true false true',
  ],
  // Texts
  [
    '{{upper text}} {{lower "ÄB"}} {{capitalize "heLLO you"}} {{spacify "a_b_c"}} [{{trim " x "}}]',
    'THE QUICK BROWN FOX äb Hello you a b c [x]',
  ],
  [
    '{{urlencode "a b&ü/"}} {{urlencode "a b" plus=true}} {{urldecode "a%20b%zz"}} {{urldecode "a+b%20c" plus=true}}',
    'a%20b%26%C3%BC%2F a+b a%20b%zz a b c',
  ],
  ['{{nl2br lines}}', 'a &lt;b&gt;<br>\nc'],
  [
    '{{truncate text 12}}|{{truncate text 12 etc="..."}}|{{truncate text 100}}|{{truncate "abcdefghij" 4}}|{{truncate text 9}}',
    'The quick…|The quick...|The quick brown fox|abcd…|The quick…',
  ],
  ['{{truncate "ab😀cd" 3}}', 'ab…'],
  [
    '{{replace "a.b.c" "." "-"}} {{replace "abc" "" "x"}} {{join (split "a,b,c") "+"}} {{join (split "ab" "")}}',
    'a-b-c abc a+b+c a, b',
  ],
  [
    '{{length text}} {{length numbers}} {{length record}} {{length nothing}} {{length news}}',
    '19 3 2 0 3',
  ],
  ['{{repeat "ab" 3}}', 'ababab'],
  ['{{markdown "*a* <script>x</script>"}}', '<p><em>a</em> </p>\n'],
  [
    '{{printf "%05.2f|%d|%-4s|%4s|%x|%X|%o|%e|%c|%%|%+d|%s" 3.14159 42.9 "a" "b" 255 255 8 12345.678 "xyz" 5 "<"}}',
    '03.14|42|a   |   b|ff|FF|10|1.234568e+04|x|%|+5|&lt;',
  ],
  [
    '{{printf "%g|%g|%g|%.3g|%#x|% d" 0.0001 10000000000 100000 1234.5 255 7}}',
    '0.0001|1e+10|100000|1.23e+03|0xff| 7',
  ],
  // Numbers
  [
    '{{add 1 2 3}} {{sub 5 2}} {{mul 2 3 4}} {{div 7 2}} {{mod 7 3}} {{mod -1 3}} {{add "2" "3"}}',
    '6 3 24 3.5 1 2 5',
  ],
  [
    '{{round half}} {{round -2.5}} {{round 1.005 2}} {{floor 1.9}} {{ceil 1.1}} {{floor 1.29 1}}',
    '3 -3 1.01 1 2 1.2',
  ],
  [
    '{{number 1234567.891}} {{number 1234567.891 digits=1}} {{number 0.256 style="percent"}} {{number 12345 style="plain"}} {{number 12345 locale="de"}}',
    '1,234,567.891 1,234,567.9 26% 12345 12.345',
  ],
  [
    '{{number nothing}}|{{currency 1234.5 "EUR"}}|{{currency 1234.5 "usd" digits=0}}|{{currency 3 "EUR" locale="de"}}',
    '|€1,234.50|$1,235|3,00\u00A0€',
  ],
  ['{{bytes 999}} {{bytes 1500}} {{bytes 123456789}} {{bytes 0}}', '999 B 1.5 kB 123.5 MB 0 B'],
  ['{{random}} {{random 10}} {{random 5 6}}', '0.3 4 5'],
  // Dates
  [
    '{{date when}} {{date when "yyyy-MM-dd HH:mm:ss.SSS"}} {{date day "d.M.yy"}}',
    '2026-03-29 2026-03-29 01:30:05.678 31.1.26',
  ],
  [
    '{{date when "EEE EEEE MMM MMMM h:mm a"}} {{date when "d. MMMM" locale="de"}}',
    'Sun Sunday Mar March 1:30 AM 29. März',
  ],
  [
    '{{date when "HH:mm XXX z" zone="Europe/Berlin"}} {{date when "HH Z" zone="America/New_York"}} {{date when "Z XXX"}}',
    '03:30 +02:00 GMT+2 21 -0400 +0000 Z',
  ],
  [
    `{{date when "'at' HH 'o''clock'"}} {{date when "iso"}} {{date when "http"}}`,
    'at 01 o&#x27;clock 2026-03-29T01:30:05.678Z Sun, 29 Mar 2026 01:30:05 GMT',
  ],
  [
    '{{date when "long"}}|{{date 0}}|{{date nothing}}|{{date "2026-01-02T03:04:05+02:00" "HH:mm"}}',
    'March 29, 2026|1970-01-01||01:04',
  ],
  [
    '{{ago (dateAdd (now) -3 "hours")}}, {{ago (dateAdd (now) days=1)}}, {{ago (now)}}, {{ago (dateAdd (now) -2 "months") locale="de"}}',
    '3 hours ago, tomorrow, now, vor 2 Monaten',
  ],
  [
    '{{date (dateAdd day 1 "month")}} {{date (dateAdd day years=1 days=1)}} {{date (dateAdd day -1)}} {{date (dateAdd "2024-02-29" years=1)}}',
    '2026-02-28 2027-02-01 2026-01-30 2025-02-28',
  ],
  // Lists
  [
    '{{range 1 5}} {{range 3}} {{range 0 10 5}} {{range 3 1 -1}} [{{range 1 0}}]',
    '1,2,3,4,5 1,2,3 0,5,10 3,2,1 []',
  ],
  [
    '{{join (sort numbers)}} {{join (sort numbers "-")}} {{join (sort numbers reverse=true) ""}}',
    '1, 2, 3 3, 2, 1 321',
  ],
  [
    '{{sum numbers}} {{sum rows "n"}} {{count rows "n"}} {{count rows}} {{min rows "n"}} {{max rows "n"}} {{min 3 1 2}} {{max "a" "b"}}',
    '6 15 3 4 2 9 1 b',
  ],
  [
    '{{median numbers}} {{median rows "n"}} {{median (split "b,a,d,c")}} {{mean rows "n"}} {{mean numbers}}',
    '2 4 b 5 2',
  ],
  [
    '{{variance numbers}} {{variance numbers population=true}} {{stddev numbers}} {{round (stddev numbers population=true) 3}} [{{variance (range 1 1)}}]',
    '1 0.6666666666666666 1 0.816 []',
  ],
  ['{{date (max rows "d")}} {{mean (split "")}}{{min (split "")}}', '2026-01-01 '],
  ['{{#each (latest limit=3)}}{{n}}{{/each}} {{length (latest limit=2)}}', '012 2'],
  ['{{lookup record "a"}} {{lookup numbers 0}} {{lookup @root "title"}}', '2 3 Site'],
  // Objects
  [
    '{{url news}} {{url}} {{url nothing}} {{url news view="@manage"}} {{url news.deep.x view="a b/c" query="q=1"}}',
    '/news/ /news/  /news/@manage /news/deep/x/a%20b/c?q&#x3D;1',
    '/news',
  ],
  ['{{{url "/x?a=1" query=record}}} {{{url news query="?x=1"}}}', '/x?a=1&b=1&a=2 /news/?x=1'],
  ['{{asset "style.css"}}', '/@assets/1a2b/style.css', '/news/deep'],
  [
    '{{{json record}}} {{json "<\'"}} {{{json numbers indent=1}}}',
    '{"b":1,"a":2} &quot;\\u003c&#x27;&quot; [\n 3,\n 1,\n 2\n]',
  ],
  [
    '{{{json news.deep}}}',
    '{"id":"deep","title":"Deep","path":"/news/deep","url":"/news/deep/","type":"Folder","created":"2026-11-21T09:30:00.000Z","modified":"2026-11-21T09:30:00.000Z"}',
  ],
  [
    '{{breadcrumbs}}',
    '<nav class="breadcrumbs" aria-label="Breadcrumbs"><ol><li><a href="/">Site</a></li><li><a href="/news/">News &amp; more</a></li><li><span aria-current="page">Deep</span></li></ol></nav>',
    '/news/deep',
  ],
  [
    '{{join (objectIds)}}|{{join (objectIds "Folder")}}|{{join (objectIds news "Document,Folder")}}|{{join (objectValues "Script" "Folder")}}',
    'news, style.css, latest|news|index_html, a b, deep|News &amp; more, latest',
  ],
  [
    '{{#each (objectItems "Folder")}}{{@key}}={{title}}{{/each}} {{#each (children sort="-title" type="Document")}}{{title}}{{/each}}',
    'news=News &amp; more Style',
  ],
  [
    '{{#each (objectIds)}}{{this}} {{/each}}{{#each news.objectIds}}{{this}},{{/each}}',
    'index_html a b deep index_html,a b,deep,',
    '/news',
  ],
  ['{{#each rows}}{{#if @first}}{{join (objectIds "Folder")}}{{/if}}{{/each}}', 'news'],
];

test('helpers give what their table says', () => {
  for (const [source, expected, path] of table) {
    assert.equal(site().render(source, path), expected, source);
  }
});

/** What helpers cannot use. */
const refused = [
  '{{add text 1}}',
  '{{add nothing 1}}',
  '{{div 1 0}}',
  '{{mod 1 0}}',
  '{{number text}}',
  '{{date "yesterday"}}',
  '{{date when "b"}}',
  '{{date when zone="Mars/Base"}}',
  '{{date when "MMM" locale="no such"}}',
  '{{dateAdd when 1 "fortnight"}}',
  '{{dateAdd when 999999999999}}',
  '{{currency 1 "EURO"}}',
  '{{number 1 style="x"}}',
  '{{printf "%d" "x"}}',
  '{{printf "%d %d" 1}}',
  '{{printf "%y" 1}}',
  '{{truncate text -1}}',
  '{{join text}}',
  '{{sum (split "a")}}',
  '{{objectIds style.css "x"}}',
  '{{menu title}}',
  '{{matches text "("}}',
  '{{matches text "a)"}}',
  '{{matches text "*"}}',
  '{{matches text "[a"}}',
  '{{matches text "(?=a)"}}',
  '{{menu news depth=11}}',
  '{{#tree title}}{{/tree}}',
  '{{#tree news branches="nope"}}{{/tree}}',
  '{{#changed "x"}}{{/changed}}',
  '{{#in text}}{{/in}}',
  '{{call @response.status 99}}',
];

test('a helper that cannot use what it is given says so, with its place', () => {
  for (const source of refused) {
    assert.throws(
      () => site().render(`\n ${source}`),
      { code: 'SRV_TEMPLATE_VALUE', line: 2, column: 2 },
      source,
    );
  }
});

test('an asset that is not there is an error', () => {
  assert.throws(() => site().render('{{asset "none.css"}}'), { code: 'SRV_TEMPLATE_NAME' });
});

test('a template may decide about the answer, and write to the log', () => {
  const one = site();
  const shown = one.render(
    '{{call @response.status 404}}{{call @response.header "X-A" "b"}}{{log "seen" title}}{{@response.status 410}}ok',
  );
  assert.equal(shown, 'ok');
  assert.equal(one.answer.status, 410);
  assert.equal(one.answer.headers.get('X-A'), 'b');
  assert.deepEqual(one.logged, ['seen Site']);
  one.render('{{call @response.redirect (url news)}}');
  assert.equal(one.answer.redirect, '/news/');
  assert.throws(() => one.render('{{call @response.header "a" lines}}'), {
    code: 'SRV_TEMPLATE_VALUE',
  });
  assert.throws(() => one.render('{{call @response.status 99}}'), { code: 'SRV_TEMPLATE_VALUE' });
});

test('menu shows folders and documents down to a depth, and marks the page shown', () => {
  const one = site();
  assert.equal(
    one.render('{{menu depth=2}}', '/news'),
    '<nav class="menu" aria-label="Menu"><ul>' +
      '<li><a href="/news/" aria-current="page">News &amp; more</a><ul><li><a href="/news/a%20b">A</a></li><li><a href="/news/deep/">Deep</a></li></ul></li>' +
      '<li><a href="/style.css">Style</a></li></ul></nav>',
  );
  assert.equal(
    one.render('{{menu news types="Folder" sort="title" label="L"}}'),
    '<nav class="menu" aria-label="L"><ul><li><a href="/news/deep/">Deep</a></li></ul></nav>',
  );
});

test('tree opens the branches that the address names, and its links change just that', () => {
  const source =
    '{{#tree branches="folders" open=@request.form.open as |node|}}<b>{{title}}</b>{{@level}}{{else}}none{{/tree}}';
  assert.equal(
    site().render(source),
    '<nav class="tree" aria-label="Site"><ul><li>' +
      '<a class="tree-toggle" href="?a&#x3D;1" aria-expanded="true" aria-label="Close News &amp; more">▾</a> <b>News &amp; more</b>1' +
      '<ul><li><b>Deep</b>2</li></ul></li></ul></nav>',
  );
  assert.equal(site().render(source, '/news/deep'), 'none');
  const closed = site().render('{{#tree sort="-title" param="o"}}{{title}}{{/tree}}', '/news');
  assert.ok(
    closed.includes(
      'href="?a&#x3D;1&amp;open&#x3D;deep&amp;o&#x3D;deep" aria-expanded="false" aria-label="Open Deep">▸</a> Deep</li>',
    ),
    closed,
  );
  const all = site().render('{{#tree open="all"}}{{title}}{{/tree}}', '/news');
  assert.ok(all.includes('<li>X</li>'), all);
});

test('patterns mean what regular expressions mean', () => {
  const patterns = [
    'abc',
    'a.c',
    '^a',
    'c$',
    '^$',
    'a|b',
    '(ab)+',
    'a*b',
    'a+b?',
    '[a-c]+',
    '[^a-c]',
    '\\d+',
    '\\w\\s\\W',
    '\\D',

    'a{2}',
    'a{2,}',
    'a{1,2}b',
    '(a|b)*c',
    '^(a(b|c)?)+$',
    'x{0}',
    '[]a]',
    '[a-]',
    '\\.',
    'a\\|b',
    '(a?){3}b',
    '{',
    'a{x}',
  ];
  const texts = [
    '',
    'a',
    'abc',
    'aab',
    'ABC',
    'a.c',
    'ab ab',
    '123',
    'x',
    'ac\n',
    'a|b',
    ']',
    '-',
    'aaab',
    'b',
    'é😀',
    '{',
    'a{x}',
    'w !',
  ];
  for (const pattern of patterns) {
    const expected = new RegExp(pattern.replace('[]a]', '[\\]a]'));
    const compiled = compilePattern(pattern, { ignoreCase: false });
    for (const text of texts) {
      assert.equal(
        matchesPattern(compiled, text, () => {}),
        expected.test(text),
        `${pattern} in ${text}`,
      );
    }
  }
});

test('a pattern takes time in proportion to the text', () => {
  let steps = 0;
  const compiled = compilePattern('^(a|a|aa)*(a*)*b$', { ignoreCase: false });
  assert.equal(
    matchesPattern(compiled, 'a'.repeat(20_000), (cost) => (steps += cost)),
    false,
  );
  assert.ok(steps < 100_000, `${steps} steps`);
});

test('breadcrumbs: a site without a title is called by its address', () => {
  const untitled = new TestSite(folder({}, { news: folder({ title: 'News' }) }));
  assert.equal(
    untitled.render('{{breadcrumbs}}', '/news'),
    '<nav class="breadcrumbs" aria-label="Breadcrumbs"><ol><li><a href="/">/</a></li><li><span aria-current="page">News</span></li></ol></nav>',
  );
});
