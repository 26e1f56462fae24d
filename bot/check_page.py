"""What a check came to, as one HTML page: the draft beside its sources, each figure tied to what decides it."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from html import escape
from string import Template

from bot import phrases, wording
from knowledge.schema import Citation, Span
from knowledge.verdict import Checked, Label, Verdict

Place = Callable[[Citation], str]
"""Where a page shows a cited sentence within its article."""

_SYMBOLS = {Label.SUPPORTED: "✓", Label.REFUTED: "✗", Label.NOT_ENOUGH_INFO: "?"}

# The values of a label are the names of the classes and colours.  Contrast of every pair is 4.5 or more.
LOOK = """
:root { color-scheme: light dark;
  --page: #faf9f6; --card: #fff; --ink: #22262b; --faint: #5f666e; --line: #dedbd4; --mark: #ffe9a3; --lit: #3b6ea8;
  --supported: #1a6838; --supported-tint: #e6f3ea; --refuted: #b01f17; --refuted-tint: #fde8e5;
  --not-enough-info: #7a5200; --not-enough-info-tint: #fbf0d9; }
@media (prefers-color-scheme: dark) { :root {
  --page: #17191c; --card: #1f2226; --ink: #dfe1e3; --faint: #9aa2ab; --line: #363b41; --mark: #584a14; --lit: #7fb0e6;
  --supported: #85d3a2; --supported-tint: #1b3325; --refuted: #ffa69c; --refuted-tint: #46211e;
  --not-enough-info: #ecc46e; --not-enough-info-tint: #3a2f16; } }
.supported { --tone: var(--supported); --tint: var(--supported-tint); --rule: solid; }
.refuted { --tone: var(--refuted); --tint: var(--refuted-tint); --rule: double; }
.not_enough_info { --tone: var(--not-enough-info); --tint: var(--not-enough-info-tint); --rule: dashed; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); overflow-wrap: anywhere; line-break: strict;
  font: 1rem/1.8 system-ui, "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; }
h1 { font-size: 1.25rem; line-height: 1.4; margin: 0; }
h2 { font-size: 1rem; line-height: 1.6; margin: 0; }
p, ol, ul, dl, dd, blockquote { margin: 0; padding: 0; }
.source { color: var(--faint); font-size: .875rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; font-size: .875rem; margin-top: .35rem; }
dt, .tone { color: var(--tone); }
dt { font-weight: 600; }
dd > span { display: inline-block; margin-inline-end: 1.25em; }
a { color: inherit; text-decoration-color: var(--faint); text-underline-offset: .25em; border-radius: 2px; }
a:focus-visible { outline: 2px solid var(--lit); outline-offset: 2px; }
.draft { white-space: pre-wrap; max-width: 42rem; margin-inline: auto; font-size: 1.0625rem; line-height: 2; }
.figure { color: var(--tone); background: var(--tint); font-weight: 600; unicode-bidi: isolate; padding: .1em .15em;
  text-decoration: underline var(--rule) var(--tone) 1px; scroll-margin-block: 30vh; }
sup { color: var(--tone); font-size: .7em; line-height: 0; margin-inline-start: .1em; -webkit-user-select: none;
  user-select: none; }
sup a { padding: .5em .15em; text-decoration: none; }
section { max-width: 42rem; margin: 0 auto 2rem; }
section ol, section > ul { display: grid; gap: .75rem; margin-top: .75rem; list-style: none; }
section > ol > li, section > ul > li { background: var(--card); border: 1px solid var(--line);
  border-inline-start: 3px solid var(--line); border-radius: 4px; padding: .6rem .9rem; scroll-margin-block: 1.25rem; }
blockquote { unicode-bidi: isolate; white-space: pre-wrap; }
.number { color: var(--faint); font-size: .875rem; margin-inline-end: .4em; }
.figure, mark { word-break: keep-all; }
mark { background: var(--mark); color: inherit; padding: .1em 0; border-radius: 2px; }
li ul { list-style: none; margin-top: .5rem; padding-top: .5rem; border-top: 1px dotted var(--line);
  font-size: .875rem; line-height: 1.7; }
.said { color: var(--faint); }
:target, .lit { outline: 2px solid var(--lit); outline-offset: -1px; }
@media print {
  body { font-size: 10.5pt; }
  .draft, section { max-width: none; }
  section li { break-inside: avoid; }
}
"""
"""What every page of ours looks like: colours, type, figures, quotes and marks; where things stand is a page's own."""

_STYLE = f"""{LOOK}
header, main, aside {{ padding: 1.25rem max(1.25rem, 3vw); }}
header {{ border-bottom: 1px solid var(--line); padding-block: 1rem .75rem; }}
header p {{ color: var(--faint); font-size: .875rem; }}
aside {{ border-top: 1px solid var(--line); }}
@media screen and (min-width: 56rem) and (min-height: 30rem) {{
  body {{ display: grid; grid-template: auto minmax(0, 1fr) / minmax(0, 11fr) minmax(0, 10fr); height: 100vh; }}
  header {{ grid-column: 1 / -1; max-height: 35vh; overflow: auto; }}
  main, aside {{ overflow: auto; padding-bottom: 40vh; }}
  aside {{ border-top: 0; border-inline-start: 1px solid var(--line); }}
}}
@media print {{ .source a::after {{ content: "：" attr(href); }} }}
"""

# Lights up the partners of what is pointed at; without it every link still leads there.
LIGHT = """
const light = ({ target }) => {
  for (const lit of document.querySelectorAll(".lit")) lit.classList.remove("lit");
  const tied = target.closest("[data-with]");
  if (tied) for (const id of tied.dataset.with.split(" ")) document.getElementById(id).classList.add("lit");
};
for (const kind of ["mouseover", "focusin"]) document.addEventListener(kind, light);
"""
"""The script of it."""

# Numbers in a draft are no telephone numbers, and a source need not learn where its reader came from.
_PAGE = Template("""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="format-detection" content="telephone=no, date=no, address=no">
<meta name="referrer" content="no-referrer">
<title>问数 · 核对</title>
<style>$style</style>
</head>
<body>
<header>
<h1>核对</h1>
<p>$summary</p>
<dl>
$index
</dl>
</header>
<main>
<div class="draft">$draft</div>
</main>
<aside aria-label="原文">
$sources
</aside>
<script>$script</script>
</body>
</html>
""")


def page(checked: Checked) -> str:
    """The draft with a verdict on every figure, beside the sentences that decide, as a page that needs nothing else."""
    return _PAGE.substitute(
        policy=f"default-src 'none'; style-src {_digest(_STYLE)}; script-src {_digest(LIGHT)}; "
        "base-uri 'none'; form-action 'none'",
        style=_STYLE,
        script=LIGHT,
        **pieces(checked),
    )


def pieces(checked: Checked, place: Place | None = None) -> dict[str, str]:
    """The summary, the index, the draft and its sources, each as markup whose links lead into the others.

    Args:
        checked: The draft with its verdicts.
        place: The address of a cited sentence, linked below it; None to link the article's own address once.
    """
    return {
        "summary": text(wording.checked(checked)),
        "index": "\n".join(_index(checked)),
        "draft": "".join(_draft(checked)),
        "sources": "\n".join(_sources(checked, place)),
    }


def _digest(inline: str) -> str:
    """How a policy names what stands inline."""
    return f"'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'"


def _numbered(checked: Checked) -> Iterable[tuple[int, Verdict]]:
    return enumerate(checked.verdicts, 1)


def _index(checked: Checked) -> Iterator[str]:
    """How often each label was given; what is not supported is named, with what the article says instead."""
    for label in filter(checked.count, Label):
        named = "".join(
            f'<span><a href="#f{number}">{text(verdict.surface)}</a>{_instead(verdict)}</span>'
            for number, verdict in _numbered(checked)
            if verdict.label is label is not Label.SUPPORTED
        )
        head = f"{_SYMBOLS[label]} {wording.VERDICTS[label]} {checked.count(label)}"
        yield f'<dt class="{label}">{head}</dt><dd>{named}</dd>'


def _instead(verdict: Verdict) -> str:
    return f'<span class="said">（文章：{text(verdict.expected)}）</span>' if verdict.expected else ""


def _draft(checked: Checked) -> Iterator[str]:
    at = 0
    for number, verdict in _numbered(checked):
        yield text(checked.text[at : verdict.start])
        yield _figure(number, verdict)
        at = verdict.end
    yield text(checked.text[at:])


def _figure(number: int, verdict: Verdict) -> str:
    """A figure as a link to what decides it, then its symbol and the numbers of all that do."""
    tied = [f"q{citation.label}" for citation in verdict.citations] or [f"n{number}"]
    calls = "".join(f'<a href="#q{c.label}">{c.label}</a>' for c in verdict.citations)
    # The word joiner keeps the symbol on the line of its figure.
    return (
        f'<a class="figure {verdict.label}" id="f{number}" href="#{tied[0]}" data-with="{" ".join(tied)}" '
        f'title="{text(wording.verdict(verdict))}">{text(verdict.surface)}</a>'
        f'<sup class="{verdict.label}">&#8288;{_SYMBOLS[verdict.label]}{calls}</sup>'
    )


def _sources(checked: Checked, place: Place | None) -> Iterator[str]:
    """The figures that rest on nothing, then the quotes, article by article, each with the figures that rest on it."""
    unquoted = [(number, verdict) for number, verdict in _numbered(checked) if not verdict.citations]
    if unquoted:
        yield "<section><h2>没有引文的数字</h2><ul>"
        for number, verdict in unquoted:
            yield f'<li id="n{number}" data-with="f{number}">{_line(number, verdict)}</li>'
        yield "</ul></section>"
    by_article: dict[str, list[Citation]] = {}
    for citation in checked.citations:
        by_article.setdefault(citation.article_id, []).append(citation)
    for citations in by_article.values():
        yield from _article(citations, checked, place)


def _article(citations: list[Citation], checked: Checked, place: Place | None) -> Iterator[str]:
    head = citations[0]
    details = [text(detail) for detail in (head.source, wording.day(head.published)) if detail]
    details += [] if place else _link(head.url)
    yield f"<section><h2>《{text(head.title) or wording.UNTITLED}》</h2>"
    yield f'<p class="source">{" · ".join(details)}</p><ol>'
    for citation in citations:
        yield _quote(citation, checked, place)
    yield "</ol></section>"


def is_followed(url: str) -> bool:
    """Whether a browser may follow an address."""
    return re.match(r"https?://", url, re.IGNORECASE) is not None


def _link(url: str) -> Iterator[str]:
    """The address as a link if a browser may follow it, else as words."""
    if is_followed(url):
        yield f'<a href="{text(url)}" rel="noreferrer">{phrases.OPEN_ARTICLE}</a>'
    elif url:
        yield text(url)


def _quote(citation: Citation, checked: Checked, place: Place | None) -> str:
    resting = {
        number: (verdict, same.marks)
        for number, verdict in _numbered(checked)
        for same in verdict.citations
        if same.label == citation.label
    }
    marks = {mark for _, found in resting.values() for mark in found}
    lines = "".join(f"<li>{_line(number, verdict)}</li>" for number, (verdict, _) in resting.items())
    tied = " ".join(f"f{number}" for number in resting)
    link = (
        f'<p class="source"><a href="{text(place(citation))}">{phrases.OPEN_ARTICLE}</a></p>' if place else ""
    )
    return (
        f'<li id="q{citation.label}" data-with="{tied}"><blockquote><span class="number">{citation.label}</span>'
        f"{''.join(marked(citation, sorted(marks)))}</blockquote><ul>{lines}</ul>{link}</li>"
    )


def _line(number: int, verdict: Verdict) -> str:
    """A figure's verdict in words, with the way back to it."""
    return (
        f'<a class="tone {verdict.label}" href="#f{number}">{_SYMBOLS[verdict.label]} {text(verdict.surface)}</a> '
        f'<span class="said">{text(wording.verdict(verdict))}</span>'
    )


def marked(citation: Citation, marks: Iterable[Span]) -> Iterator[str]:
    """The quote with its marks; where two overlap, what is left of the later one."""
    quote, at = citation.quote, 0
    for mark in marks:
        start, end = max(mark.start - citation.start, at), min(mark.end - citation.start, len(quote))
        if start < end:
            yield f"{text(quote[at:start])}<mark>{text(quote[start:end])}</mark>"
            at = end
    yield text(quote[at:])


_CONTROL = (
    *range(0x09),
    *range(0x0E, 0x20),
    *range(0x7F, 0xA0),
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
)
_HALVES = range(0xD800, 0xE000)
_BREAKS = (0x0B, 0x0C, 0x85, 0x2028, 0x2029)
_SHOWN: Mapping[int, str] = dict.fromkeys((*_CONTROL, *_HALVES), "\ufffd") | dict.fromkeys(_BREAKS, "\n")
"""What no page may hold, or what turns the order of its words, one for one: a reader sees that something was there."""


def shown(words: str) -> str:
    """The words with what no page may hold as marks of its own."""
    return words.translate(_SHOWN)


def text(words: str) -> str:
    """The words as they may stand in a page, in a quoted attribute too."""
    return escape(shown(words))
