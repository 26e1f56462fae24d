"""Every Chinese word we say to users.  Exceptions and reason codes come from knowledge/ in English."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from knowledge.schema import Answer, Figure, Finding, Hit, Period
from knowledge.verdict import Checked, Label, Reason, Verdict

if TYPE_CHECKING:
    from knowledge.build import Report

NEAREST = "最接近的原文："
ELSEWHERE = "别处的说法："
CANDIDATES = "其他候选："
ARTICLE_SAYS = "文章里这样说："
UNTITLED = "（无标题）"

NOTHING_READ = "给出的路径里没有读到文章。可收录 .md .html .txt .docx .pdf .jsonl 及其 .xz .gz 压缩。"
INGESTING_SEEDS = "库里还没有文章，先收录自带的示例文章……"
STAGES = {"reading": "读取文章", "indexing": "建词索引", "embedding": "计算向量", "asking": "逐条提问"}
"""What the progress bar says, by stage."""

FIELDS = {
    "status": "状态",
    "value": "值",
    "unit": "单位",
    "modifier": "修饰",
    "sentence": "原句",
    "contains": "内容",
    "yes_no": "是否",
}
"""What a regression pair demands, by its name in the file."""

_REASONS: dict[str, str] = {
    "no_passage": "文章里没有找到与这个问题相关的内容。",
    "no_figure": "找到了相关的段落，但里面没有您要的数字。",
    "unsure": "文章里有相近的说法，但不能确定就是您问的，所以不作答。",
    "other_time": "文章里没有这个时间的数字。",
    "other_entity": "文章里有类似的数字，但说的不是您问的对象。",
    "other_measure": "文章里提到了您问的对象，但没有给出这一项数字。",
    "no_metadata": "这篇文章没有注明这一项。",
    "quote_not_verbatim": "找到的原句没有通过核对，所以不作答。",
    "figure_not_in_quote": "找到的数字没有通过核对，所以不作答。",
    "not_a_question": "我是问数，只回答文章里写明的数字。请直接问一项数字，例如：科创投累计投资多少？",
    "injection": "我只按文章原文回答，不能照要求改动数字。请直接提问。",
}
_NO_ANSWER = "文章里没有找到答案。"

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*年?(?!\d)")


def abstention(answer: Answer) -> str:
    """Why there is no answer, in a sentence or two.

    Args:
        answer: One that abstained; an unknown reason gets the general sentence.
    """
    if answer.reason == "other_time":
        return _other_time(answer)
    if answer.reason in {"other_entity", "other_measure"}:
        return _REASONS[answer.reason] + _found_instead(answer)
    return _REASONS.get(answer.reason, _NO_ANSWER)


def reasons() -> frozenset[str]:
    """The reason codes that have a sentence of their own."""
    return frozenset(_REASONS)


def _other_time(answer: Answer) -> str:
    asked = sorted(set(_YEAR.findall(answer.question)))
    found = sorted({str(year) for finding in _near(answer) for year in _years(finding)} - set(asked))
    if not found:
        return _REASONS["other_time"]
    have = f"文章里有{'、'.join(found)}年的数"
    return f"{have}，没有{'、'.join(asked)}年的。" if asked else f"{have}，没有您问的时间的。"


def _years(finding: Finding) -> Iterable[int]:
    period = finding.figure.as_of
    return () if period is None else {period.lo.year, period.hi.year}


def _found_instead(answer: Answer) -> str:
    named = [measured(finding.figure) for finding in _near(answer)]
    names = list(dict.fromkeys(name for name in named if name))[:2]
    return f"文章里有的是：{'；'.join(names)}。" if names else ""


def _near(answer: Answer) -> tuple[Finding, ...]:
    return (*answer.alternatives, *answer.candidates)[:3]


def yes_no(*, said_yes: bool | None) -> str:
    """The verdict on a yes/no question."""
    return "是" if said_yes else "否"


_OPENING_VERDICT = re.compile(r"(?:是的?|对的?|没错|有的?|不是的?|不对|没有|并没有|并非|否|不)[，,。！!]\s*")


def without_verdict(text: str) -> str:
    """A sentence without the yes or no that it opens with: the verdict is ours, and said once.

    >>> without_verdict("是的，累计投资金额23.26亿元。"), without_verdict("没有超过30亿元。")
    ('累计投资金额23.26亿元。', '没有超过30亿元。')
    """
    opening = _OPENING_VERDICT.match(text)
    return (opening and text[opening.end() :]) or text


WRITTEN_BY_A_MODEL = "文字由 AI 整理，数字和日期已逐一与所引原文核对。"
"""Below what a language model wrote: whose words these are, and what was checked."""


def told(answer: Answer) -> str:
    """An answer in a line, the verdict of a yes/no question first."""
    if answer.yes_no is None:
        return answer.text
    text = without_verdict(answer.text) if answer.statements else answer.text
    return "，".join(part for part in (yes_no(said_yes=answer.yes_no), text) if part)


def as_of(period: Period | None) -> str:
    """When a figure holds, as the article says it, with the date spelled out if the article leaves it open.

    Empty if the article gives no time, or only the day on which it was told.

    >>> from datetime import date
    >>> as_of(Period(date(2021, 12, 31), date(2021, 12, 31), "截至2021年底", 0, 8, cutoff=True))
    '截至2021年底'
    >>> as_of(Period(date(2021, 9, 1), date(2021, 9, 30), "去年9月", 0, 4))
    '去年9月，即2021-09-01至2021-09-30'
    """
    if period is None or period.told:
        return ""
    if not period.resolved or _YEAR.search(period.surface):
        return period.surface
    days = period.lo.isoformat() if period.lo == period.hi else f"{period.lo}至{period.hi}"
    return f"{period.surface}，即{days}" if period.surface else days


def day(published: str | None) -> str:
    """The day of an ISO date or date-time, or nothing."""
    return (published or "")[:10]


def measured(figure: Figure) -> str:
    """What a figure counts: subject, statistic and measure, each once."""
    parts: list[str] = []
    for part in (figure.subject, figure.statistic, figure.measure):
        if part and not any(part in other for other in (figure.measure, *parts) if other is not part):
            parts.append(part)
    return _paired(" · ".join(dict.fromkeys(parts)))


def _paired(text: str) -> str:
    """The text without a quotation mark whose other half was cut off."""
    kept: list[str] = []
    open_at: list[int] = []
    for character in text:
        if character == "”" and not open_at:
            continue
        if character == "“":
            open_at.append(len(kept))
        elif character == "”":
            open_at.pop()
        kept.append(character)
    return "".join(character for at, character in enumerate(kept) if at not in open_at)


VERDICTS: dict[Label, str] = {
    Label.SUPPORTED: "支持",
    Label.REFUTED: "不符",
    Label.NOT_ENOUGH_INFO: "查无依据",
}
"""What the articles say of a figure."""

CONFIRMED: dict[Label, str] = VERDICTS | {Label.SUPPORTED: "对", Label.REFUTED: "不对"}
"""The same to someone who asks whether it is right."""

VERDICT_REASONS: dict[Reason, str] = {
    Reason.VALUE: "数值不同",
    Reason.UNIT: "单位不同",
    Reason.SUBJECT: "对象不同",
    Reason.MEASURE: "指标不同",
    Reason.STATISTIC: "统计口径不同",
    Reason.DIRECTION: "增减方向不同",
    Reason.TIME: "时间不同",
    Reason.MODIFIER: "超、近、不足等修饰词不同",
    Reason.HEDGE: "把预计或目标当作已完成",
    Reason.OUTDATED: "较新的文章说法不同",
    Reason.ROUNDED: "比文章粗略",
    Reason.FINER: "比文章更细",
}
"""What decided a verdict; no reason has no words."""

_UNSPOKEN: dict[Reason, str] = {
    Reason.SUBJECT: "文章没有提到这个对象",
    Reason.MEASURE: "文章没有提到这一项",
    Reason.TIME: "文章没有提到这个时间",
}
"""What decided that nothing bears a figure out."""

SEE_THE_QUOTES = "每一处的原句：加 --html 文件名，得到稿子与原句对照的网页；或加 --json。"

YOU_WROTE = "您写的"
YOU_SAID = "您说的"


def verdict(verdict: Verdict) -> str:
    """A verdict in a line.

    >>> verdict(Verdict(0, 7, "23.62亿元", Label.REFUTED, Reason.VALUE, "23.26亿元"))
    '不符：文章里是“23.26亿元”（数值不同）'
    """
    said = f"：文章里是“{verdict.expected}”" if verdict.expected else ""
    return f"{VERDICTS[verdict.label]}{said}{_why(verdict)}"


def confirmed(verdict: Verdict, told: str) -> str:
    """What is said of the asker's own figure, behind the right or wrong that opens the reply.

    Args:
        verdict: Of the figure.
        told: What the article says, in its words; empty if nothing is known of it.
    """
    untold = {Label.SUPPORTED: "，文章里也这样说", Label.NOT_ENOUGH_INFO: "，文章里没有说到"}
    said = f"，文章里是“{told}”" if told else untold.get(verdict.label, "")
    return f"：{YOU_SAID}“{verdict.surface}”{said}{_why(verdict)}"


def _why(verdict: Verdict) -> str:
    why = VERDICT_REASONS.get(verdict.reason, "")
    if verdict.label is Label.NOT_ENOUGH_INFO:
        why = _UNSPOKEN.get(verdict.reason, why)
    return f"（{why}）" if why else ""


def _left_out(verdict: Verdict) -> str:
    """The article's words where a figure that it bears out leaves out what bounds it."""
    return f"（文章里是“{verdict.expected}”）" if verdict.reason is Reason.MODIFIER else ""


def supported(verdicts: Iterable[Verdict], whose: str) -> str:
    """Figures that are supported, in the writer's own words, in one list.

    Args:
        verdicts: Of the figures.
        whose: `YOU_WROTE` or `YOU_SAID`.
    """
    listed = "、".join(f"“{each.surface}”{_left_out(each) or _why(each)}" for each in verdicts)
    return f"{VERDICTS[Label.SUPPORTED]}：{whose}{listed}"


def checked(checked: Checked) -> str:
    """What a check came to."""
    if not checked.verdicts:
        return "这段文字里没有数字可核对。"
    counts = ((VERDICTS[label], checked.count(label)) for label in Label)
    told = "，".join(f"{word} {n_figures}" for word, n_figures in counts if n_figures)
    return f"共 {len(checked.verdicts)} 处数字：{told}。"


def hedged(hedge: str) -> str:
    """A warning that the figure is no fact yet."""
    return f"原文说“{hedge}”：这是预计或目标，还不是结果。"


def evaluated(n_right: int, n_pairs: int, accuracy: float, n_wrong_answers: int) -> str:
    """The totals of an evaluation."""
    return f"共 {n_pairs} 条，正确 {n_right} 条（{accuracy:.1%}），给出错误答案 {n_wrong_answers} 条"


def ledger_row(figure: Figure) -> tuple[str, ...]:
    """A figure of the ledger in columns: value as written, what it counts, when it holds."""
    return (figure.quantity.surface, measured(figure), as_of(figure.as_of))


HIT_COLUMNS = ("名次", "词", "义", "段落")


def hit_row(hit: Hit) -> tuple[str, ...]:
    """A passage found in columns: rank, lexical and dense score, where it stands."""
    scores = ("—" if score is None else f"{score:.2f}" for score in (hit.lexical, hit.dense))
    return (str(hit.rank), *scores, f"{hit.passage.article_id} {hit.passage.start}–{hit.passage.end}")


def ingested(report: "Report") -> str:
    """What an ingest came to."""
    counts = (
        (report.added, "新增"),
        (report.changed, "更新"),
        (report.unchanged, "未变"),
        (report.removed, "移除"),
        (len(report.failed), "未能读取"),
    )
    told = "，".join(f"{name} {n_articles} 篇" for n_articles, name in counts if n_articles)
    lines = [
        f"{told or '没有新增或改动的文章'}；库里共 {report.n_passages} 段，其中 {report.n_embedded} 段有向量。"
    ]
    if report.set_aside:
        lines.append(f"原来的目录已损坏，另存为 {report.set_aside}。")
    return "\n".join(lines)
