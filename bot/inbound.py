"""What comes in from a chat, whichever platform carries it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks, and where.

    Attributes:
        channel: The platform: telegram, web …
        chat: The conversation they write in, named as the platform does.
        user: Who they are there.
        group: True where others read along.
    """

    channel: str
    chat: str
    user: str
    group: bool = False

    @property
    def member(self) -> str:
        """The user as settings name one: `telegram:123`."""
        return f"{self.channel}:{self.user}"

    @property
    def room(self) -> str:
        """The chat as settings name one: `telegram:-100123`."""
        return f"{self.channel}:{self.chat}"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent.

    Attributes:
        name: As the sender calls it; its suffix tells the kind.
        content: Its bytes.
    """

    name: str
    content: bytes

    @property
    def suffix(self) -> str:
        """`.docx`, in lower case; empty if there is none."""
        return Path(self.name).suffix.lower()


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message.

    Attributes:
        speaker: Who wrote it.
        text: The words, or what stands below a file; the bot's own name taken out.
        forwarded: True if somebody else wrote them.
        upload: The file that came with it, or None.
    """

    speaker: Speaker
    text: str
    forwarded: bool = False
    upload: Upload | None = None


def sayable(text: str) -> str:
    r"""The text with halves of surrogate pairs, which JSON and command lines can smuggle in, replaced.

    >>> sayable("投资\ud800多少")
    '投资?多少'
    """
    return text.encode("utf-8", "replace").decode("utf-8")
