"""Articles from files: Markdown, HTML, plain text, Word, PDF and JSON Lines, packed or not.

`discover` finds the files, `read` reads one, `read_all` all of them.
What can't be read is yielded as an error, so that the rest goes on.
"""

from knowledge.articles.canon import canonicalise
from knowledge.articles.files import discover, read, read_all
from knowledge.articles.record import from_record, make_article
from knowledge.articles.source import Limits

__all__ = ["Limits", "canonicalise", "discover", "from_record", "make_article", "read", "read_all"]
