"""What can go wrong, sorted by what the caller can do about it.

    WenshuError
    ├── UsageError        the call itself is wrong: change the question, option or setting
    │   └── SettingError      a setting's name or value
    ├── ArticleError      one article can't be read: mend or leave out that item, the rest goes on
    ├── IndexStateError   an index is corrupt, half-written or of another version: rebuild it
    ├── HomeBusyError     another process holds the home: wait, or use another home
    ├── StorageError      the disk refused: make room, check rights
    └── BackendError      a server we rely on (Chroma, embeddings, chat platform) failed

Messages are English and name the item, what was expected, what was got and the mend.  The fields carry
the same facts for bot/, which words them in Chinese.
"""


class WenshuError(Exception):
    """Base of every error we raise on purpose.

    Attributes:
        item: What the error is about (a path, a setting's name, an article id).
        code: A stable short name of the cause; bot/ words it for users.
    """

    def __init__(self, message: str, *, item: str = "", code: str = "") -> None:
        super().__init__(message)
        self.item = item
        self.code = code


class UsageError(WenshuError):
    """The caller's own input is wrong."""


class SettingError(UsageError):
    """A setting has an unknown name or a value out of its range."""


class ArticleError(WenshuError):
    """One article, file or line can't be read."""


class IndexStateError(WenshuError):
    """An index on disk can't be used as it is."""


class HomeBusyError(WenshuError):
    """Another process is writing to this home."""


class StorageError(WenshuError):
    """The operating system refused to read or write."""


class BackendError(WenshuError):
    """A service outside this process failed or could not be reached."""
