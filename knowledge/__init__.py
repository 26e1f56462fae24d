"""Articles to passages, indexes, answers and verdicts.  Knows nothing of chat."""
