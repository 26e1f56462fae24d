"""A draft that was pasted or sent as a file, to be shown with a verdict on every figure."""

from dataclasses import dataclass

from markupsafe import Markup
from starlette.datastructures import FormData, UploadFile

from bot import buttons, check_page, mending, uploads
from bot.channels.web import words_of_pages
from bot.inbound import Upload, sayable
from knowledge.errors import WenshuError
from knowledge.verdict import Checked


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be checked.

    Attributes:
        text: The words; what was typed even if it can't be checked.
        problem: Why it can't be, in a sentence; empty if it can.
    """

    text: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that was sent: what was typed, and the file beside it.

    Attributes:
        typed: The words in the field.
        upload: The file, or None.
    """

    typed: str
    upload: Upload | None

    def draft(self) -> Draft:
        """The file's text if there is a file, else what was typed.  Reads files: not for an event loop."""
        if self.upload is None:
            return Draft(self.typed)
        try:
            return Draft(uploads.text_of(self.upload))
        except WenshuError as problem:
            return Draft(self.typed, mending.error(problem))


async def sent(form: FormData) -> Sent:
    """What a form holds."""
    file = form.get("file")
    upload = None
    if isinstance(file, UploadFile) and file.filename:
        upload = Upload(sayable(file.filename), await file.read())
    return Sent(words(form, "text"), upload)


def words(form: FormData, name: str) -> str:
    """What was typed into a field; line breaks, which a form makes two characters, are one again."""
    value = form.get(name)
    return sayable(value).replace("\r\n", "\n") if isinstance(value, str) else ""


def problem(error: WenshuError, draft: str) -> str:
    """Why a draft can't be checked, and the mend, for one who sees no command line."""
    if error.code == "empty_draft":
        return words_of_pages.EMPTY_DRAFT
    if error.code == "draft_too_long":
        return words_of_pages.DRAFT_TOO_LONG.format(n=len(draft))
    return mending.error(error)


def pieces(checked: Checked) -> dict[str, Markup]:
    """The parts of the page of a check, as markup."""
    return {name: Markup(made) for name, made in check_page.pieces(checked, buttons.page_of).items()}  # noqa: S704 -- escaped there
