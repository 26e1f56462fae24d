"""Scripts of chat models that write a sentence of the passages: the one that holds the answer, or another."""

import re
from collections.abc import Callable, Sequence

from langchain_core.messages import BaseMessage

from knowledge.chunking import sentences

_PASSAGE = re.compile(r"^\[(\d+)\] [^《]*《.*?》：(.*?)(?=^\[\d+\] |</资料>)", re.DOTALL | re.MULTILINE)


Holds = Callable[[str, str], bool]
"""Whether a text holds an answer."""


def knowing(answer: Callable[[str], str], holds: Holds) -> Callable[[Sequence[BaseMessage]], str]:
    """A script that writes the sentence that holds the answer of a question, and says so if none does."""
    return _writing(answer, holds)


def misled(answer: Callable[[str], str], holds: Holds) -> Callable[[Sequence[BaseMessage]], str]:
    """A script that writes the first sentence with a number that does not hold the answer."""
    return _writing(
        answer,
        lambda sentence, wanted: re.search(r"\d", sentence) is not None and not holds(sentence, wanted),
    )


def _writing(answer: Callable[[str], str], chooses: Holds) -> Callable[[Sequence[BaseMessage]], str]:
    def script(messages: Sequence[BaseMessage]) -> str:
        said = messages[-1].text
        question = re.search(r"<问题>(.*?)</问题>", said, re.DOTALL)
        wanted = answer(question[1]) if question else ""
        for label, text in _PASSAGE.findall(said):
            for span in sentences(text):
                if wanted and chooses(text[slice(*span)], wanted):
                    return f"{text[slice(*span)].strip()}[{label}]\n"
        return "资料中没有。"

    return script
