"""Article → sentences, clauses and passages, all as half-open spans of the one text.

Sentences end where Chinese prose ends them (。！？ …… and a newline; a semicolon does not); clauses end at
，；： and ——; passages are runs of whole sentences.  Nothing here copies or changes text: every result is a
span of what was passed in.
"""

import re
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from knowledge.schema import Article, Passage, Span

CountTokens = Callable[[str], int]

_END = re.compile(
    # A run of space in a line stands where a paragraph ended before the text was put on one line.
    r"\n|\u3000{2,}| {8,}"
    # Chinese marks, with all that may pile up behind them: 。” ！！ ？」。
    r"|(?:[。！？｡]|……|⋯⋯|\.{6}|[!?](?![A-Za-z0-9=&%_/#.+-]))[。！？!?…⋯｡”’」』）)】]*"
    # An ASCII full stop in Chinese prose, but not the mark of a list (一．) or of a number.
    r"|(?<=[\u4e00-\u9fff])(?<![零〇一二三四五六七八九十])[.．](?![0-9A-Za-z０-９.．])[”’」』）)】]*"
    r"|(?<=[A-Za-z0-9)%\]])\.[”’)]*(?=\s+[“\"(]?[A-Z])"
)
# What follows an end mark and shows that the sentence goes on: “你好！”，他说 and 《为什么？》一书.
_GOES_ON = frozenset("，、；：,;》〉")
# … and after a closing quote: “谁来付钱？”的疑问, “怎么办？”等问题.
_GOES_ON_QUOTED = frozenset("的等")
_CLOSING_QUOTES = frozenset("”’」』")
_QUOTE_REACH = 2_000
_WORD = re.compile(r"\w")
_LATIN_WORD = re.compile(r"[A-Za-z.]+$")
_ABBREVIATIONS = frozenset(
    {"mr", "mrs", "ms", "dr", "prof", "inc", "ltd", "co", "corp", "no", "st", "vs", "jr", "sr", "fig", "vol"}
    | {"gen", "gov", "sen", "rep", "dept", "est", "approx", "e.g", "i.e", "u.s", "u.k"}
)

_CLAUSE = re.compile(r"(?:[，；：,;:]|——+|⸺)[”’」』]*")
_OPENING = {"（": "）", "(": ")", "【": "】", "[": "]"}
_BRACKET = re.compile(r"[（）()【】\[\]]")
_DEEPEST = 8
_THOUSANDS = re.compile(r"[0-9０-９]{3}(?![0-9０-９])")

_NUMERAL = "0-9０-９零〇一二三四五六七八九十百千万亿兆两半"
_UNIT = (
    "年月日号时分秒天周季度期届次个家位名人项场件台套款种类批吨公里米平方立克斤升亩元美欧港英镑币成倍"
    "辆艘架只头条篇部所间户余多点"
)
_NUMBER = (
    rf"(?:[百千]分之|第|[A-Za-z]{{1,4}}-?)?[+\-−－±]?[{_NUMERAL}](?:[{_NUMERAL}.．,点:：/／]{{0,30}}[{_NUMERAL}])?"
    rf"[{_UNIT}]{{0,6}}[A-Za-z%％‰°℃²³μ/]{{0,6}}"
)
_FIGURE = re.compile(rf"(?:{_NUMBER})(?:(?:[~～—–\-－至到]|——)?(?:{_NUMBER})){{0,3}}")
_FIGURE_REACH = 64
"""Code points around a cut in which figures are looked for: longer runs of digits are no figures."""

_FINAL = re.compile(r"[。！？!?；;：:，,、…｡.．][”’」』）)]*$")
_HEADING_LENGTH = 30
_HEADING_RUN = 2
"""A title over a subtitle makes two short lines in a row; three are a list."""
_TINY = 4
"""A paragraph of a quarter of the limit is too short to be a passage of its own."""
_ROOMY = 8
"""Code points a token: a longer sentence is over the limit uncounted (tokenisers crawl on long runs)."""
_GOOD_CUT = frozenset("、 　，；：）)】》”’」』")


def sentences(text: str) -> tuple[Span, ...]:
    """Returns the sentences of a text, in order, without the space around them.

    Together they hold every code point that is no space.  Closing quotes and brackets stay with the
    sentence they close.

    >>> [s[1] - s[0] for s in sentences("增长16.3%。“很好！”他说；完了")]
    [8, 5, 5]
    """
    spans: list[Span] = []
    for lo, hi in _lines(text):
        spans.extend(_sentences(text, lo, hi))
    return tuple(spans)


def clauses(text: str, sentence: Span) -> tuple[Span, ...]:
    """Returns the clauses of a sentence, each with the mark that ends it.

    Marks within brackets, and those that belong to a number (1,234 or 8:30 or 3：2), end no clause.

    >>> text = "2021年，共3项（含2项，均新增）；增长5%。"
    >>> [text[s:e] for s, e in clauses(text, Span(0, len(text)))]
    ['2021年，', '共3项（含2项，均新增）；', '增长5%。']
    """
    lo, hi = sentence
    closed = _brackets(text, lo, hi)
    spans: list[Span] = []
    for mark in _CLAUSE.finditer(text, lo, hi):
        if mark.end() >= hi or _in_number(text, mark) or _within(mark.start(), closed):
            continue
        spans.extend(_trimmed(text, lo, mark.end()))
        lo = mark.end()
    spans.extend(_trimmed(text, lo, hi))
    return tuple(spans)


def chunk(article: Article, *, count_tokens: CountTokens, max_tokens: int = 160) -> tuple[Passage, ...]:
    """Returns the passages of an article: whole sentences, packed up to a number of tokens.

    Passages follow the text's order, do not overlap and hold every code point that is no space.  None
    crosses a paragraph, save that short paragraphs are packed together and a heading goes with what it
    heads.  A sentence over the limit is split at its clauses, then wherever no figure is cut.

    Args:
        article: What to cut; its text is canonical.
        count_tokens: Length of a text in tokens.  Called once a sentence; `Passage.n_tokens` is the sum,
            an upper bound of what counting the passage would give.
        max_tokens: Limit of a passage.  Only a single figure that is longer breaks it.
    """
    text = article.text
    paragraphs = [
        _Paragraph(tuple(_pieces(text, span, count_tokens, max_tokens)), is_heading)
        for span, is_heading in _with_headings(text)
    ]
    return tuple(
        Passage(
            id=f"{article.id}#{run.start}-{run.end}",
            article_id=article.id,
            start=run.start,
            end=run.end,
            text=text[run.start : run.end],
            n_tokens=run.n_tokens,
            heading=text[run.heading.start : run.heading.end] if run.heading else "",
        )
        for run in _pack(paragraphs, max_tokens)
    )


def _lines(text: str) -> Iterator[Span]:
    """Yields the lines that hold more than space, trimmed."""
    lo = 0
    while lo < len(text):
        hi = text.find("\n", lo)
        hi = len(text) if hi < 0 else hi
        yield from _trimmed(text, lo, hi)
        lo = hi + 1


def _trimmed(text: str, lo: int, hi: int) -> tuple[Span, ...]:
    """Returns the span without the space at its ends, or nothing if that leaves nothing."""
    while lo < hi and text[lo].isspace():
        lo += 1
    while lo < hi and text[hi - 1].isspace():
        hi -= 1
    return (Span(lo, hi),) if lo < hi else ()


def _sentences(text: str, lo: int, hi: int) -> list[Span]:
    """Returns the sentences of one line; a stretch without a word goes with its neighbour (…… or ——)."""
    spans: list[Span] = []
    looked, worded = lo, False
    for mark in _END.finditer(text, lo, hi):
        worded = worded or _WORD.search(text, looked, mark.end()) is not None
        looked = mark.end()
        end = _sentence_end(text, lo, hi, mark) if worded else None
        if end is not None:
            spans.extend(_trimmed(text, lo, end))
            lo, looked, worded = end, end, False
    rest = _trimmed(text, lo, hi)
    if rest and spans and not _WORD.search(text, lo, hi):
        return [*spans[:-1], Span(spans[-1].start, rest[0].end)]
    return [*spans, *rest]


def _sentence_end(text: str, lo: int, hi: int, mark: re.Match[str]) -> int | None:
    """Returns where the sentence ends that begins at `lo`, or None if the mark ends nothing."""
    end = mark.end()
    if text[mark.start()] == "." and _is_abbreviation(text, lo, mark.start()):
        return None
    if end < hi and text[end] == '"' and text.count('"', max(lo, end - _QUOTE_REACH), end) % 2:
        end += 1  # an odd number before it: this one closes
    following = text[end] if end < hi else ""
    goes_on = following in _GOES_ON or (following in _GOES_ON_QUOTED and text[end - 1] in _CLOSING_QUOTES)
    return None if goes_on else end


def _is_abbreviation(text: str, lo: int, stop: int) -> bool:
    """Returns whether the Latin word before a full stop is short for something (Dr. or U.S. or J.)."""
    word = _LATIN_WORD.search(text[max(lo, stop - 12) : stop])
    if word is None:
        return False
    surface = word.group()
    return len(surface) == 1 or surface.lower() in _ABBREVIATIONS


def _brackets(text: str, lo: int, hi: int) -> list[Span]:
    """Returns the outermost pairs of brackets, in order; one that never closes protects nothing."""
    spans: list[Span] = []
    waiting: list[tuple[str, int]] = []
    for bracket in _BRACKET.finditer(text, lo, hi):
        char, at = bracket.group(), bracket.start()
        if char in _OPENING:
            waiting = [*waiting[-_DEEPEST:], (_OPENING[char], at)]
        elif any(closing == char for closing, _ in waiting):
            while waiting[-1][0] != char:
                waiting.pop()
            opened = waiting.pop()[1]
            while spans and spans[-1].start > opened:
                spans.pop()
            spans.append(Span(opened, at + 1))
    return spans


def _within(at: int, spans: Sequence[Span]) -> bool:
    """Returns whether a place lies in one of some ordered spans."""
    i = bisect(spans, at, key=lambda span: span.start) - 1
    return i >= 0 and at < spans[i].end


def _in_number(text: str, mark: re.Match[str]) -> bool:
    """Returns whether the mark belongs to a number or an address: 1,234 or 8:30 or 2020——2021 or http://."""
    start, end = mark.span()
    if text.startswith("//", end):
        return True
    if not (start and text[start - 1].isdigit() and end < len(text) and text[end].isdigit()):
        return False
    return text[start] not in "，；;" or (text[start] == "，" and _THOUSANDS.match(text, end) is not None)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is never cut again: a sentence, or a part of one that was too long."""

    start: int
    end: int
    n_tokens: int


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """The pieces of one line of the article."""

    pieces: tuple[_Piece, ...]
    is_heading: bool

    @property
    def n_tokens(self) -> int:
        return sum(piece.n_tokens for piece in self.pieces)

    @property
    def span(self) -> Span:
        return Span(self.pieces[0].start, self.pieces[-1].end)


@dataclass(frozen=True, slots=True)
class _Run:
    """A passage in the making.

    Attributes:
        start: Start in the article.
        end: Half-open end.
        n_tokens: Sum over its pieces and one for every gap between them.
        heading: The heading above it, or None if there is none or it holds its heading itself.
        bare: True while it holds headings alone.
        whole: True while it holds whole paragraphs alone.
    """

    start: int
    end: int
    n_tokens: int
    heading: Span | None
    bare: bool = False
    whole: bool = True

    def with_piece(self, piece: _Piece, *, bare: bool, whole: bool) -> "_Run":
        """Returns the run with one more piece behind it."""
        n_tokens = self.n_tokens + int(piece.start > self.end) + piece.n_tokens
        return _Run(self.start, piece.end, n_tokens, self.heading, self.bare and bare, self.whole and whole)


def _with_headings(text: str) -> Iterator[tuple[Span, bool]]:
    """Yields every line with whether it is a heading: short, unfinished, and with prose below it."""
    lines = tuple(_lines(text))
    short = [_reads_as_heading(text[lo:hi]) for lo, hi in lines]
    n_short = 0  # in a row, up to this line
    for i, line in enumerate(lines):
        n_short = n_short + 1 if short[i] else 0
        yield line, short[i] and _n_short_to_prose(short, i) + n_short <= _HEADING_RUN


def _n_short_to_prose(short: Sequence[bool], at: int) -> int:
    """Returns how many short lines stand between this line and the prose below it; many if there is none."""
    for i in range(at + 1, min(len(short), at + _HEADING_RUN + 1)):
        if not short[i]:
            return i - at - 1
    return _HEADING_RUN


def _reads_as_heading(line: str) -> bool:
    """Returns whether a line looks like a heading: no finished sentence, no aside, no row of a table."""
    if len(line) > _HEADING_LENGTH or _FINAL.search(line) or " |" in line:
        return False
    return not (line[0] in _OPENING and line[-1] == _OPENING[line[0]])


def _pack(paragraphs: Iterable[_Paragraph], limit: int) -> Iterator[_Run]:
    """Yields runs of pieces of at most `limit` tokens, evenly filled within a paragraph."""
    run: _Run | None = None
    heading: Span | None = None
    for paragraph in paragraphs:
        if run and not _joins(run, paragraph, limit):
            yield run
            run = None
        bare = paragraph.is_heading
        heading = paragraph.span if bare else heading
        target = _target(run, paragraph, limit)
        whole = target == limit
        for piece in paragraph.pieces:
            grown = run and run.with_piece(piece, bare=bare, whole=whole)
            if run and grown and (grown.n_tokens > limit or (run.n_tokens >= target and not run.bare)):
                yield run
                grown = None
            run = grown or _Run(
                piece.start, piece.end, piece.n_tokens, None if bare else heading, bare=bare, whole=whole
            )
    if run:
        yield run


def _joins(run: _Run, paragraph: _Paragraph, limit: int) -> bool:
    """Returns whether a paragraph may share the passage: it is headed by it, or one of the two is tiny."""
    if run.bare or paragraph.is_heading:
        return run.bare
    fits = run.n_tokens + 1 + paragraph.n_tokens <= limit
    return run.whole and fits and min(run.n_tokens, paragraph.n_tokens) <= limit // _TINY


def _target(run: _Run | None, paragraph: _Paragraph, limit: int) -> int:
    """Returns the tokens to fill a passage with, so that a paragraph's last passage is no stub."""
    total = paragraph.n_tokens + (run.n_tokens + 1 if run else 0)
    n_runs = max(1, -(-total // limit))
    return limit if n_runs == 1 else -(-total // n_runs)


def _pieces(text: str, line: Span, count_tokens: CountTokens, limit: int) -> Iterator[_Piece]:
    """Yields the sentences of a line, those over the limit in parts."""
    for sentence in _sentences(text, *line):
        whole = _counted(text, sentence, count_tokens, limit)
        if whole.n_tokens <= limit:
            yield whole
            continue
        for clause in clauses(text, sentence):
            yield from _halves(text, clause, count_tokens, limit)


def _counted(text: str, span: Span, count_tokens: CountTokens, limit: int) -> _Piece:
    """Returns the span with its tokens; one far over the limit is not counted, only called too long."""
    start, end = span
    too_long = end - start > limit * _ROOMY
    return _Piece(start, end, limit + 1 if too_long else count_tokens(text[start:end]))


def _halves(text: str, span: Span, count_tokens: CountTokens, limit: int) -> Iterator[_Piece]:
    """Yields the span, halved until every part is within the limit or can't be cut."""
    waiting = [span]
    while waiting:
        part = waiting.pop()
        piece = _counted(text, part, count_tokens, limit)
        cut = _cut(text, part) if piece.n_tokens > limit else None
        if cut is None:
            yield piece
        else:
            waiting += [*_trimmed(text, cut, part.end), *_trimmed(text, part.start, cut)]


def _cut(text: str, span: Span) -> int | None:
    """Returns the place nearest the middle that cuts no figure or Latin word, or None if there is none."""
    lo, hi = span
    middle = (lo + hi) // 2
    start, end = max(lo, middle - 2 * _FIGURE_REACH), min(hi, middle + 2 * _FIGURE_REACH)
    inside = {
        at for figure in _FIGURE.finditer(text, start, end) for at in range(figure.start() + 1, figure.end())
    }
    places = [
        at
        for at in range(max(lo + 1, middle - _FIGURE_REACH), min(hi, middle + _FIGURE_REACH))
        if at not in inside and not _in_latin_word(text, at)
    ]
    if places:
        return min(places, key=lambda at: (text[at - 1] not in _GOOD_CUT, abs(at - middle)))
    return middle if hi - lo > _FIGURE_REACH else None


def _in_latin_word(text: str, at: int) -> bool:
    """Returns whether a cut would fall between two ASCII letters or digits."""
    before, after = text[at - 1], text[at]
    return before.isascii() and before.isalnum() and after.isascii() and after.isalnum()
