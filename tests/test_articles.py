"""The formats that are text, as real files: Markdown, HTML, plain text, and what encoding they are in."""

import json
from pathlib import Path

import pytest

from knowledge.articles import read
from knowledge.articles.source import decode, encoding_of
from knowledge.articles.wrapping import unwrap
from knowledge.errors import ArticleError
from knowledge.schema import Article

SEEDS = Path(__file__).parents[1] / "seeds"
PROSE = "截至2021年底，成都的科创投累计投资金额23.26亿元，同比增长16.3%。"
TRADITIONAL = "截至2021年底，成都市的累計投資金額達23.26億元，與去年同期相比增長了16.3%。"


def one(path: Path, content: str | bytes | None = None, **options: object) -> Article:
    """The article of a file that is written first; a failure shows the error."""
    (found,) = every(path, content, **options)
    assert isinstance(found, Article), found
    return found


def failure(path: Path, content: str | bytes | None = None, **options: object) -> ArticleError:
    (found,) = every(path, content, **options)
    assert isinstance(found, ArticleError), found
    assert str(found).startswith(found.item)
    return found


def every(path: Path, content: str | bytes | None = None, **options: object) -> list[Article | ArticleError]:
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read(path, **options))


# ---------------------------------------------------------------- the seed


def test_the_seed_article_is_read_exactly() -> None:
    article = one(SEEDS / "2022-02-21-chengdu-keji-chengguo-zhuanhua.md", root=SEEDS)
    assert article.id == "2022-02-21-chengdu-keji-chengguo-zhuanhua"
    assert article.title == "搭平台促转化 成都给科技成果“做媒”有实招"
    assert article.source == "科技日报"
    assert article.published == "2022-02-21T16:58:52+08:00"
    assert article.url == "http://finews.zning.xyz/html_News/NewsShare.html?infoCode=NW202202212283308291"
    assert article.tags == ("科技日报新闻", "kejiribao")
    paragraphs = article.text.split("\n")
    assert len(paragraphs) == 23
    assert paragraphs[0].startswith("2021年，成都一批批前沿科技成果涌现，")
    assert paragraphs[-1].endswith("促进项目落地落实，推动产业建圈强链。")
    assert "截至2021年底，“科创投”累计投资金额23.26亿元，“科创贷”累计放款总额超157.38亿元，" in article.text
    assert not any(word in article.text for word in ("返回", "首页", "http", "文章来源", "<p", "|", "｜"))


def test_reading_twice_gives_the_same_article() -> None:
    path = SEEDS / "2022-02-21-chengdu-keji-chengguo-zhuanhua.md"
    assert one(path) == one(path)


# ---------------------------------------------------------------- Markdown

MARKDOWN = """# 成都账本

## 总体情况

全年**“科创投”**投资[23.26亿元](http://a.cn/b)，*增长*16.3%，场地3*4*5米。

- 项目一
1. 第一条

| 指标 | 2021年 |
|---|---|
| 营收 | 5亿元 |

```
x = 1
```

    缩进的段落，10<sup>4</sup>台。

{% include share.html %}

来源：科技日报

责任编辑：张三　审核：李四

<http://a.cn/post>

[上一篇](/x) | [返回首页](/)
"""


def test_markdown_is_reduced_to_what_a_reader_sees(tmp_path: Path) -> None:
    article = one(tmp_path / "2022-03-04-post.md", MARKDOWN)
    assert article.text.split("\n") == [
        "总体情况",
        "全年“科创投”投资23.26亿元，增长16.3%，场地3*4*5米。",
        "项目一",
        "1. 第一条",
        "指标 | 2021年",
        "营收 | 5亿元",
        "x = 1",
        "缩进的段落，10⁴台。",
    ]
    assert (article.title, article.source, article.url) == ("成都账本", "科技日报", "http://a.cn/post")
    assert article.published == "2022-03-04"


def test_a_wrapped_markdown_paragraph_is_one_paragraph(tmp_path: Path) -> None:
    text = "截至2021年底，科创投累计投资金额达到了23.26\n亿元，同比增长16.3%。\n第二行。"
    assert (
        one(tmp_path / "a.md", text).text
        == "截至2021年底，科创投累计投资金额达到了23.26亿元，同比增长16.3%。\n第二行。"
    )


def test_html_tables_in_markdown_survive_blank_lines(tmp_path: Path) -> None:
    html = "<table>\n\n<tr><td>营收</td><td>5亿元</td></tr>\n\n</table>\n\n后文。"
    assert one(tmp_path / "a.md", html).text == "营收 | 5亿元\n后文。"


def test_front_matter_wins_over_what_the_text_says(tmp_path: Path) -> None:
    matter = "title: 甲\nsource: 乙报\nurl: http://c.cn\ndate: 2022/2/21\npublished: true\ntags: [丙, 丁 戊]"
    article = one(tmp_path / "a.md", f"---\n{matter}\n---\n# 甲\n\n{PROSE}\n\n来源：丙报\n")
    assert (article.title, article.source, article.url) == ("甲", "乙报", "http://c.cn")
    assert (article.published, article.tags, article.text) == ("2022-02-21", ("丙", "丁 戊"), PROSE)


def test_a_number_as_title_stays_as_written(tmp_path: Path) -> None:
    assert one(tmp_path / "a.md", f"---\ntitle: 007\nsource: no\n---\n{PROSE}").title == "007"


def test_a_rule_on_the_first_line_is_no_front_matter(tmp_path: Path) -> None:
    assert one(tmp_path / "a.md", f"---\n\n{PROSE}").text == PROSE


@pytest.mark.parametrize(
    ("matter", "line"),
    [
        ("title: 成都: 新\n---\n", ":2"),
        ("title: 成都\ndate: [\n---\n", ":4"),
        ("title: 成都\n- 甲\n---\n", ":3"),
        ("- 甲\n- 乙\n---\n", ":2"),
        ("title: 成都\n正文没有结尾\n", ":1"),
        ("[" * 5000 + "\n---\n", ":1"),
        ("title: [甲, 乙]\n---\n", ""),
        ("tags: {甲: 乙}\n---\n", ""),
    ],
)
def test_broken_front_matter_is_refused_with_its_line(tmp_path: Path, matter: str, line: str) -> None:
    error = failure(tmp_path / "a.md", f"---\n{matter}{PROSE}")
    assert (error.code, error.item) == ("front_matter", f"{tmp_path / 'a.md'}{line}")


# ---------------------------------------------------------------- HTML

PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>成都账本_某网</title>
<meta property="article:published_time" content="2022-02-21T16:58:00Z">
<link rel="canonical" href="https://a.cn/1"><style>p{}</style></head><body>
<nav><a href="/">首页</a></nav><div class="side-nav">频道</div><ul class="breadcrumb"><li>新闻</li></ul>
<article><h1>成都账本</h1><div><span>2022-02-20 08:00</span> <span>来源：科技日报</span></div>
<p>&nbsp;&nbsp;累计投资<b>23.26</b>亿元，<!-- x -->在
成都，达10<sup>8</sup>元<sup>[1]</sup>，<del>5</del>6项。<br>新行。<script>var a = "9亿";</script></p>
<table><tr><th>指标</th><th>值</th></tr><tr><td>营收</td><td>5 亿元</td></tr></table>
<ul><li>甲</li><li>乙</li></ul><p hidden>暗</p><pre>一
二</pre></article><footer>版权</footer></body></html>"""


def test_a_page_is_reduced_to_its_article(tmp_path: Path) -> None:
    article = one(tmp_path / "a.html", PAGE)
    assert article.text.split("\n") == [
        "累计投资23.26亿元，在成都，达10⁸元，6项。",
        "新行。",
        "指标 | 值",
        "营收 | 5 亿元",
        "甲",
        "乙",
        "一",
        "二",
    ]
    assert (article.title, article.source, article.url) == ("成都账本", "科技日报", "https://a.cn/1")
    assert article.published == "2022-02-22T00:58:00+08:00"


@pytest.mark.parametrize(
    ("head", "body", "title", "published"),
    [
        ("<title>甲乙 - 某网</title>", "<p>文。</p>", "甲乙", None),
        ('<meta property="og:title" content="甲"><title>乙</title>', "<h1>某网</h1><p>文。</p>", "甲", None),
        ("", "<h1>甲</h1><time>2022年2月21日</time><p>文。</p>", "甲", "2022-02-21"),
        ("", "<time>3小时前</time><p>文。</p>", "a", None),
    ],
)
def test_title_and_date_of_a_page(
    tmp_path: Path, head: str, body: str, title: str, published: str | None
) -> None:
    article = one(tmp_path / "a.htm", f"<head>{head}</head><body>{body}</body>")
    assert (article.title, article.published) == (title, published)


def test_layout_tables_and_deep_nesting_are_read(tmp_path: Path) -> None:
    nested = (
        "<div>" * 3000
        + f"<table><tr><td><p>{PROSE}</p><p>{PROSE * 4}</p></td></tr></table>"
        + "</div>" * 3000
    )
    assert one(tmp_path / "a.html", nested).text == f"{PROSE}\n{PROSE * 4}"


# ---------------------------------------------------------------- plain text


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        (f"成都账本\n\n{PROSE}", "成都账本", PROSE),
        (f"成都账本：\n{PROSE}", "a", f"成都账本：\n{PROSE}"),
        ("全年投资5亿元", "a", "全年投资5亿元"),
        (f"{PROSE}\n{PROSE}", "a", f"{PROSE}\n{PROSE}"),
        (f"成都\n发布时间：2022-02-21 16:58 来源：科技日报 作者：张三\n{PROSE}", "成都", PROSE),
        (f"成都\n{PROSE}（文章来源：科技日报）\n（责任编辑：张三）", "成都", PROSE),
        (
            f"成都\n{PROSE}\n数据来源：国家统计局，2021年。",
            "成都",
            f"{PROSE}\n数据来源：国家统计局，2021年。",
        ),
    ],
)
def test_plain_text(tmp_path: Path, text: str, title: str, body: str) -> None:
    article = one(tmp_path / "a.txt", text)
    assert (article.title, article.text) == (title, body)
    assert (article.source == "科技日报") == ("科技日报" in text)
    assert (article.published == "2022-02-21T16:58:00") == ("16:58" in text)


WRAPPED = """
　　上半年全市地区生产总值达到一千二百三十
四亿元，同比增长百分之六点五，高于全国平均
水平。
　　下半年继续。
"""


def test_wrapped_lines_are_rejoined(tmp_path: Path) -> None:
    text = one(tmp_path / "a.txt", WRAPPED).text
    assert "一千二百三十四亿元" in text
    assert text.count("\n") == 1


@pytest.mark.parametrize(
    "lines",
    [
        [
            "2021年1月第一行数据为某某某某某某某某 12 34",
            "2021年2月第一行数据为某某某某某某某某 12 34",
            "完。",
        ],
        ["第一条内容写到这里就完全结束了。", "第二条内容写到这里就完全结束了。"],
        ["床前明月光", "疑是地上霜"],
        [*["二〇二一年一月成都市某某区某某项目投资"] * 3, "合计二十个项目", "说明。"],
        [PROSE * 5, PROSE * 5],
    ],
)
def test_lines_that_were_not_wrapped_stay(lines: list[str]) -> None:
    assert unwrap(lines) == lines


# ---------------------------------------------------------------- encodings


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk", "gb2312"]
)
def test_encodings_are_told_apart(tmp_path: Path, codec: str) -> None:
    assert one(tmp_path / "a.txt", f"成都\r\n{PROSE}\r\n".encode(codec)).text == PROSE
    records = "".join(json.dumps({"id": n, "text": PROSE}, ensure_ascii=False) + "\n" for n in range(3))
    if codec not in ("utf-16-le", "utf-16-be"):  # without a mark, a stream of them can't be cut into lines
        assert [a.text for a in every(tmp_path / "a.jsonl", records.encode(codec))] == [PROSE] * 3


def test_big5_is_told_from_gb18030(tmp_path: Path) -> None:
    assert one(tmp_path / "a.txt", TRADITIONAL.encode("big5")).text == TRADITIONAL
    assert one(tmp_path / "b.txt", TRADITIONAL.encode("gb18030")).text == TRADITIONAL


SHORT = "科创投累计投资23.62亿元 累计放款157.38亿元 厘清发展 40%的水平 选的两院院士 活动30 额超157.38"


@pytest.mark.parametrize("codec", ["gb18030", "gbk"])
@pytest.mark.parametrize("text", SHORT.split())
def test_a_few_words_are_read_in_any_encoding(text: str, codec: str) -> None:
    """Some bytes of these make characters of UTF-8 by chance."""
    assert decode(text.encode(codec), item="a") == text


def test_any_stretch_of_an_article_is_read() -> None:
    text = next(SEEDS.glob("**/*.md")).read_text(encoding="utf-8")
    n_chinese = 0
    for at in range(len(text) - 16):
        stretch = text[at : at + 16]
        if sum("\u4e00" <= character <= "\u9fff" for character in stretch) > 8:
            n_chinese += 1
            assert encoding_of(stretch.encode("gb18030")) is not None, stretch
    assert n_chinese > 500


@pytest.mark.parametrize(
    "content",
    [
        PROSE.encode() + b"\xff",
        PROSE.encode()[:-1],
        "café résumé".encode("latin-1"),
        bytes(range(256)),
        b"\0\0\0",
    ],
)
def test_what_no_encoding_explains_is_refused(tmp_path: Path, content: bytes) -> None:
    assert failure(tmp_path / "a.txt", content).code == "encoding"
