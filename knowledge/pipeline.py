"""The whole of answering as one LangChain Runnable."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.runnables import (
    Runnable,
    RunnableConfig,
    RunnableGenerator,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
)

from knowledge.retrieval import FusedRetriever, to_hit
from knowledge.schema import Answer, Hit

Read = Callable[[str, Sequence[Hit]], Answer]
"""Takes the question and what was found."""

Verify = Callable[[Answer], Answer]

Write = Callable[[Answer], Iterator[Answer]]
"""Takes the reader's answer and gives it again, better each time."""


class Snapshots(RunnableGenerator[Any, Answer]):
    """A step that gives an answer again and again, better each time; invoked, the last one."""

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:  # noqa: A002 -- as LangChain calls it
        """The last answer."""
        *_, last = self.stream(input, config, **kwargs)
        return last


def make_chain(
    retriever: FusedRetriever, read: Read, verify: Verify, *, write: Write | None = None
) -> Runnable[str, Answer]:
    """The whole of answering as a LangChain Runnable: retriever | read | verify, with a model | write | verify.

    With a model the chain can be streamed: it gives the answer again and again, better each time.
    """

    def read_found(found: dict[str, Any]) -> Answer:
        return read(found["question"], [to_hit(document) for document in found["documents"]])

    both: Runnable[str, dict[str, Any]] = RunnableParallel(
        question=RunnablePassthrough(), documents=retriever
    )
    answer = both | RunnableLambda(read_found)
    if write is None:
        return answer | RunnableLambda(verify)

    def written(answers: Iterator[Answer]) -> Iterator[Answer]:
        for base in answers:
            yield from map(verify, write(base))

    return answer | Snapshots(written)
