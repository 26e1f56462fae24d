"""A bot of ours in Telegram: its token, its server, and how Telegram shows that it is Telegram."""

from dataclasses import dataclass, field
from hashlib import sha256

PUBLIC_SERVER = "https://api.telegram.org/bot"


@dataclass(frozen=True, slots=True)
class Account:
    """A bot of ours.

    Attributes:
        token: From @BotFather.
        base_url: Of a server that speaks the Bot API, without the token; empty for Telegram's own.
        webhook: Where Telegram shall bring updates; empty to fetch them.
    """

    token: str = field(repr=False)
    base_url: str = ""
    webhook: str = ""

    @property
    def server(self) -> str:
        """The address in the library's form, which the token is appended to."""
        address = self.base_url.rstrip("/")
        if not address:
            return PUBLIC_SERVER
        return address if address.endswith("/bot") else f"{address}/bot"

    @property
    def secret(self) -> str:
        """What Telegram shows when it brings an update."""
        return sha256(f"webhook {self.token}".encode()).hexdigest()
