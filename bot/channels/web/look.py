"""How a page is made: the templates, what they may call, and the files a page is drawn with."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from bot import buttons, check_page, phrases, wording
from bot.channels.web import words_of_pages
from knowledge.schema import Citation

_HERE = Path(__file__).parent
_MADE = {
    "look.css": (check_page.LOOK, "text/css"),
    "light.js": (check_page.LIGHT, "text/javascript"),
}
"""What the page of a check holds inline is sent as files of its own."""

FRAGMENT = ("X-Requested-With", "wenshu")
"""The header by which our script asks for a part of a page."""


def wants_fragment(request: Request) -> bool:
    """Whether only what is new is asked for, not a whole page."""
    name, value = FRAGMENT
    return request.headers.get(name) == value


def render(
    request: Request, name: str, status: int = 200, headers: Mapping[str, str] | None = None, **values: object
) -> Response:
    """A page, or a part of one, from its template."""
    return _TEMPLATES.TemplateResponse(request, name, values, status_code=status, headers=headers)


def fragment(request: Request, name: str, **values: object) -> str:
    """A part of a page as text."""
    return _TEMPLATES.get_template(name).render(request=request, **values)


def files() -> list[BaseRoute]:
    """Where the style, the script and the icon are."""
    made = [Route(f"/static/{name}", _sender(*content)) for name, content in _MADE.items()]
    return [*made, Mount("/static", StaticFiles(directory=_HERE / "static"))]


def _sender(text: str, kind: str) -> Callable[[Request], Response]:
    def send(_: Request) -> Response:
        return Response(text, media_type=kind, headers={"Cache-Control": "public, max-age=86400"})

    return send


def _shown(value: object) -> object:
    """What a template prints: words without what a page may not hold."""
    return check_page.shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _quoted(citation: Citation) -> Markup:
    """A quote with its marks; every piece of it is escaped there."""
    return Markup("").join(map(Markup, check_page.marked(citation, sorted(citation.marks))))


def _file(name: str) -> str:
    """The address of a file, which changes when any of them does, so that no browser keeps an old one."""
    return f"/static/{name}?{_VERSION}"


def _version() -> str:
    texts = [path.read_bytes() for path in sorted((_HERE / "static").iterdir())]
    texts += [text.encode() for text, _ in _MADE.values()]
    return sha256(b"".join(texts)).hexdigest()[:10]


def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"quoted": _quoted, "day": wording.day, "place": buttons.page_of}
    made.tests |= {"followed": check_page.is_followed}
    made.globals |= {"file": _file, "phrases": phrases, "wording": wording, "words": words_of_pages}
    return made


_VERSION = _version()
_TEMPLATES = Jinja2Templates(env=_environment())
