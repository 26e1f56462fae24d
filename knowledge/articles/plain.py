"""Plain text → title and paragraphs."""

import re

from knowledge.articles import front_matter
from knowledge.articles.record import Draft
from knowledge.articles.wrapping import unwrap

_LONGEST_TITLE = 50
_FINISHED = re.compile(r"[。！!；;：:，,、…][”’」』）)]*$")


def read_plain(text: str, *, item: str) -> Draft:
    """Returns what a text says: its first line is the title if it reads like one, wrapped lines are joined.

    Raises:
        ArticleError: Code `front_matter`: it begins with a broken one.
    """
    known, body = front_matter.split(text, item=item)
    unwrapped = "\n".join(unwrap(body.split("\n")))
    title, unwrapped = (known.title, unwrapped) if known.title else titled(unwrapped)
    return Draft(
        unwrapped,
        title=title,
        source=known.source,
        published=known.published,
        url=known.url,
        tags=known.tags,
    )


def titled(body: str) -> tuple[str, str]:
    r"""Returns the title that stands on the first line and the text below it, or no title and all the text.

    >>> titled("成都去年的账本\n全年投资23亿元。")
    ('成都去年的账本', '全年投资23亿元。')
    """
    first, _, rest = body.strip().partition("\n")
    if not rest.strip() or len(first) > _LONGEST_TITLE or _FINISHED.search(first.strip()):
        return "", body
    return first.strip(), rest
