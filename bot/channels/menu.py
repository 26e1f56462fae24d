"""The buttons below a chat with an account of WeChat or an app of WeCom.

They are put there only where there are none, or ours: a menu that somebody made by hand stays.
"""

import logging
from collections.abc import Mapping
from typing import Any

from bot import phrases
from bot.channels.platform_api import Api, ApiError, LostError
from bot.routing import COMMANDS
from knowledge.errors import WenshuError

GET = "/cgi-bin/menu/get"
CREATE = "/cgi-bin/menu/create"

NO_MENU = 46003
"""There is none yet."""

_log = logging.getLogger(__name__)


async def offer(api: Api, *, query: Mapping[str, str] | None = None) -> bool:
    """Put the buttons there; a chat without them answers as well, so a failure is only logged.

    Args:
        api: Of the platform.
        query: What the address says beside the token: of WeCom, which app.

    Returns:
        Whether they are there now.
    """
    try:
        there = await _there(api, query)
        if there is not None and not _is_ours(there):
            _log.info("menu: somebody else's is there, and stays")
            return False
        if there is None or [_told(each) for each in there] != buttons():
            await api.call(CREATE, {"button": buttons()}, query=query)
    except (ApiError, LostError, WenshuError) as problem:
        _log.warning("menu not made: %s: %s", type(problem).__name__, problem)
        return False
    return True


def buttons() -> list[dict[str, str]]:
    """The buttons as these platforms write them.

    >>> buttons()[0]
    {'type': 'click', 'name': '怎么提问', 'key': '/help'}
    """
    return [{"type": "click", "name": name, "key": order} for name, order in phrases.MENU]


async def _there(api: Api, query: Mapping[str, str] | None) -> list[Any] | None:
    """The buttons that are there; None if there is no menu."""
    try:
        told = await api.call(GET, query=query)
    except ApiError as problem:
        if problem.code == NO_MENU:
            return None
        raise
    menu = told.get("menu", told)  # WeChat's lie within, WeCom's do not
    there = menu.get("button") if isinstance(menu, dict) else None
    return there if isinstance(there, list) else None


def _is_ours(there: list[Any]) -> bool:
    return all(isinstance(each, dict) and each.get("key") in COMMANDS for each in there)


def _told(button: dict[str, Any]) -> dict[str, Any]:
    return {name: button.get(name, "") for name in ("type", "name", "key")}
