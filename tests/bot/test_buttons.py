"""The buttons below an answer."""

from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import buttons, phrases, routing
from bot.buttons import Pressed
from bot.reply import Reply, ReplyStatus
from knowledge.schema import Citation

MOST_BYTES = 64
"""What Telegram lets a button carry."""

CITED = Citation(1, "seed", "题", "报", None, "", "一句。", 10, 13)


@given(
    st.sampled_from(routing.COMMANDS), st.integers(0, 10**15 - 1), st.one_of(st.none(), st.integers(0, 999))
)
def test_an_order_comes_back_as_it_was_sent_and_fits(command: str, number: int, label: int | None):
    sent = buttons.order(command, number, label)
    assert len(sent.encode()) <= MOST_BYTES
    assert buttons.parse(sent) == Pressed(command, number, "" if label is None else str(label))


@given(st.text(max_size=80))
def test_no_text_breaks_parsing(text: str):
    found = buttons.parse(text)
    assert found is None or text.startswith(f"{found.command} ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/useful",
        "useful 1",
        "/useful 1 2 3",
        "/useful  1",
        " /useful 1",
        "/useful 1\n",
        "/USEFUL 1",
        "/a-b 1",
    ],
)
def test_what_is_almost_an_order_is_none(text: str):
    assert buttons.parse(text) is None


def offered(
    status: ReplyStatus, *citations: Citation, public_url: str = "", number: int = 12
) -> dict[str, str]:
    below = buttons.below(Reply(status, (), citations), number, public_url=public_url)
    assert all(bool(button.url) != bool(button.order) for button in below), (
        "it leads somewhere or gives an order"
    )
    assert all(len(button.order.encode()) <= MOST_BYTES for button in below)
    return {button.text: button.url or button.order for button in below}


def test_an_answer_offers_its_source_and_asks_what_it_was_worth():
    assert offered(ReplyStatus.ANSWERED, CITED, replace(CITED, label=2)) == {
        phrases.OPEN_ARTICLE: "/article 12 1",
        phrases.CONTEXT: "/context 12 1",
        phrases.USEFUL: "/useful 12",
        phrases.WRONG: "/wrong 12",
    }


def test_an_abstention_can_only_be_called_wrong():
    assert list(offered(ReplyStatus.ABSTAINED, CITED)) == [
        phrases.OPEN_ARTICLE,
        phrases.CONTEXT,
        phrases.WRONG,
    ]
    assert list(offered(ReplyStatus.ABSTAINED)) == [phrases.WRONG]


@pytest.mark.parametrize(
    ("public_url", "url", "leads_to"),
    [
        (
            "https://wenshu.example",
            "http://paper.example/1",
            "https://wenshu.example/articles/seed?start=10&end=13&of=4db775c4#quote",
        ),
        (
            "https://wenshu.example/",
            "",
            "https://wenshu.example/articles/seed?start=10&end=13&of=4db775c4#quote",
        ),
        ("", "http://paper.example/1", "http://paper.example/1"),
        ("", "https://paper.example/1", "https://paper.example/1"),
        ("", "javascript:alert(1)", "/article 12 1"),
        ("", "ftp://paper.example", "/article 12 1"),
        ("", "", "/article 12 1"),
    ],
)
def test_the_source_is_our_page_else_the_paper_s_else_the_chat(public_url: str, url: str, leads_to: str):
    found = offered(ReplyStatus.ANSWERED, replace(CITED, url=url), public_url=public_url)
    assert found[phrases.OPEN_ARTICLE] == leads_to


@given(st.text(min_size=1, max_size=40))
def test_a_page_s_address_holds_any_article_id(article_id: str):
    address = urlsplit(buttons.page_of(replace(CITED, article_id=article_id), "https://wenshu.example"))
    assert (address.netloc, address.fragment) == ("wenshu.example", "quote")
    assert address.query == "start=10&end=13&of=4db775c4"
    folder, _, name = address.path.rpartition("/")
    assert (folder, unquote(name)) == ("/articles", article_id)


@pytest.mark.parametrize(
    "article_id", ["a/b", "a?b#c", "../../x", "中文 空格", "100%", "a&b=c", '"><script>']
)
def test_odd_article_ids_are_escaped(article_id: str):
    address = buttons.page_of(replace(CITED, article_id=article_id), "https://wenshu.example")
    assert address.isascii()
    assert address.count("?") == address.count("#") == 1
    assert not set(address) & set(' "<>')
