"""What comes with 问数: the seeds, the prompts, the learned part of reading."""

import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.errors import UsageError

if TYPE_CHECKING:
    from knowledge.ranking import Model


def bundled(name: str) -> Path:
    """A folder that comes with 问数: in a checkout beside the packages, in an installed wheel inside this one.

    Raises:
        UsageError: It is not there.
    """
    here = Path(str(resources.files("knowledge")))
    for folder in (here.parent / name, here / "_bundled" / name):
        if folder.is_dir():
            return folder
    message = f"{name}: expected a folder beside or in {here}, got none; install 问数 again"
    raise UsageError(message, item=name, code="no_seeds")


def reading_model() -> "Model":
    """The learned part of reading, as it comes with the package."""
    from knowledge.ranking import Model

    return Model.from_json(json.loads(reading_model_text()))


def reading_model_text() -> str:
    """The same as text."""
    return resources.files("knowledge").joinpath("reading_model.json").read_text("utf-8")
