# ruff: noqa: S608 -- into a statement go only our own names; values are bound
"""What must outlive a restart: messages under way, answers given, what users said of them, and small notes.

`messages` is inbox and outbox in one: a row is written before the platform is told that its message arrived, gets the
parts of its reply before the first is sent, and counts those that were.  What a kill leaves behind is done again from
there.  A row that is done keeps its key alone, so that a message that comes again is known.

Times are seconds since 1970.  Safe to use from several threads.
"""

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from bot.inbound import Speaker
from bot.kept import Feedback, Message, Record, Spent
from knowledge.errors import IndexStateError, StorageError, WenshuError

VERSION = 3
_WAIT_SECONDS = 10.0
_PAUSE_SECONDS = 0.02
_DAY = 86_400.0

DEDUPE_DAYS = 7
"""How long a message that is done is known again; no platform redelivers after a day or two."""

_TABLES = """
CREATE TABLE IF NOT EXISTS messages (
    channel TEXT NOT NULL, id TEXT NOT NULL, at REAL NOT NULL, payload TEXT NOT NULL,
    parts TEXT, n_sent INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0, sent TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (channel, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS messages_open ON messages (channel, at) WHERE done = 0;
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL,
    channel TEXT NOT NULL, chat TEXT NOT NULL, user TEXT NOT NULL,
    question TEXT NOT NULL, understood TEXT NOT NULL, want TEXT NOT NULL, status TEXT NOT NULL,
    reply TEXT NOT NULL, figures TEXT NOT NULL, versions TEXT NOT NULL, engine TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_of ON answers (channel, chat, user, id);
CREATE INDEX IF NOT EXISTS answers_at ON answers (at);
CREATE TABLE IF NOT EXISTS feedback (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, member TEXT NOT NULL,
    answer INTEGER, question TEXT NOT NULL, answered TEXT NOT NULL, useful INTEGER NOT NULL, said TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS feedback_of ON feedback (answer, member) WHERE answer IS NOT NULL;
CREATE TABLE IF NOT EXISTS notes (
    channel TEXT NOT NULL, chat TEXT NOT NULL, user TEXT NOT NULL, name TEXT NOT NULL,
    at REAL NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (channel, chat, user, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spending (
    day TEXT NOT NULL, model TEXT NOT NULL, calls INTEGER NOT NULL, failed INTEGER NOT NULL,
    sent INTEGER NOT NULL, received INTEGER NOT NULL, cost REAL NOT NULL,
    PRIMARY KEY (day, model)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS windows (
    channel TEXT NOT NULL, chat TEXT NOT NULL, kind TEXT NOT NULL, until REAL NOT NULL, slots INTEGER NOT NULL,
    PRIMARY KEY (channel, chat, kind)
) WITHOUT ROWID;
"""


_RECORD = "id, at, channel, chat, user, question, understood, want, status, reply, figures, versions, engine"


class State:
    """The database of a home; made when first opened."""

    def __init__(self, path: Path) -> None:
        """Opens it.

        Raises:
            StorageError: It can't be opened or written.
            IndexStateError: It is damaged or of another version.
        """
        self._path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(
                path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
        except (sqlite3.Error, OSError) as problem:
            raise _translated(path, problem) from problem
        try:
            with self._translating():
                self._prepare()
        except WenshuError:
            self._base.close()
            raise

    def close(self) -> None:
        """Lets go of the file."""
        with self._lock:
            self._base.close()

    # -- messages under way

    def take(self, channel: str, message_id: str, payload: str, *, at: float) -> bool:
        """Notes that a message came in; False if it is known."""
        sql = "INSERT OR IGNORE INTO messages (channel, id, at, payload) VALUES (?, ?, ?, ?)"
        return self._write(sql, (channel, message_id, at, payload)) == 1

    def message(self, channel: str, message_id: str) -> Message | None:
        """A message under way; None if there is none, or it is done."""
        found = self._messages("channel = ? AND id = ? AND done = 0", (channel, message_id))
        return found[0] if found else None

    def under_way(self, channel: str) -> list[Message]:
        """The messages of a channel that are not done, oldest first."""
        return self._messages("channel = ? AND done = 0 ORDER BY at", (channel,))

    def ready(self, channel: str, message_id: str, parts: Sequence[str]) -> None:
        """Notes the reply to a message, before any of it is sent."""
        sql = "UPDATE messages SET parts = ? WHERE channel = ? AND id = ?"
        self._write(sql, (json.dumps(parts, ensure_ascii=False), channel, message_id))

    def sent(self, channel: str, message_id: str, name: str) -> None:
        """Notes that the next part of a reply has left, and what the platform calls it."""
        sql = (
            "UPDATE messages SET n_sent = n_sent + 1, sent = json_insert(sent, '$[#]', ?)"
            " WHERE channel = ? AND id = ?"
        )
        self._write(sql, (name, channel, message_id))

    def sent_as(self, channel: str, message_id: str) -> tuple[str, ...]:
        """What the platform calls the parts that were sent in reply to a message, done or not."""
        rows = self._rows("SELECT sent FROM messages WHERE channel = ? AND id = ?", (channel, message_id))
        return tuple(json.loads(rows[0][0])) if rows else ()

    def done(self, channel: str, message_id: str) -> None:
        """Notes that a message needs nothing more; its words are forgotten, its key is not."""
        sql = "UPDATE messages SET done = 1, payload = '', parts = NULL WHERE channel = ? AND id = ?"
        self._write(sql, (channel, message_id))

    # -- how much a chat still takes from us

    def open_window(self, channel: str, chat: str, kind: str, *, until: float, slots: int) -> None:
        """Notes that a chat takes some messages until a time, in place of what it said so before in the same way."""
        sql = "INSERT OR REPLACE INTO windows (channel, chat, kind, until, slots) VALUES (?, ?, ?, ?, ?)"
        self._write(sql, (channel, chat, kind, until, slots))

    def slots(self, channel: str, chat: str, *, at: float) -> int:
        """How many messages a chat takes now."""
        sql = "SELECT coalesce(sum(slots), 0) FROM windows WHERE channel = ? AND chat = ? AND until > ?"
        return int(self._rows(sql, (channel, chat, at))[0][0])

    def use_slot(self, channel: str, chat: str, *, at: float) -> None:
        """Notes that a chat has got one of the messages it takes: of the window that ends first."""
        which = "channel = ? AND chat = ? AND until > ? AND slots > 0"
        sql = (
            "UPDATE windows SET slots = slots - 1 WHERE channel = ? AND chat = ? AND kind ="
            f" (SELECT kind FROM windows WHERE {which} ORDER BY until LIMIT 1)"
        )
        self._write(sql, (channel, chat, channel, chat, at))

    def close_windows(self, channel: str, chat: str) -> None:
        """Notes that a chat takes nothing more."""
        self._write("DELETE FROM windows WHERE channel = ? AND chat = ?", (channel, chat))

    # -- answers given

    def record(self, record: Record, *, at: float) -> int:
        """Stores an answer and returns its number."""
        who = record.speaker
        fields = (record.question, record.understood, record.want, record.status)
        values = (
            *(at, who.channel, who.chat, who.user),
            *fields,
            *(record.reply, record.figures, record.versions, record.engine),
        )
        columns = _RECORD.removeprefix("id, ")
        with self._lock, self._translating():
            marks = ", ".join("?" * len(values))
            done = self._base.execute(f"INSERT INTO answers ({columns}) VALUES ({marks})", values)
            return int(done.lastrowid or 0)

    def answer(self, number: int) -> Record | None:
        """An answer by its number."""
        found = self._records("WHERE id = ?", (number,))
        return found[0] if found else None

    def answers_to(self, speaker: Speaker, *, since: float, most: int) -> list[Record]:
        """What was last answered to a speaker, newest first."""
        who = (speaker.channel, speaker.chat, speaker.user)
        return self._records(
            "WHERE channel = ? AND chat = ? AND user = ? AND at >= ? ORDER BY id DESC LIMIT ?",
            (*who, since, most),
        )

    @property
    def n_answers(self) -> int:
        """How many answers are kept."""
        return int(self._rows("SELECT count(*) FROM answers")[0][0])

    def answers(self, *, since: float) -> Iterator[Record]:
        """All answers from a time on, oldest first, a few at a time."""
        last = 0
        while found := self._records("WHERE id > ? AND at >= ? ORDER BY id LIMIT 500", (last, since)):
            last = found[-1].id
            yield from found

    # -- what users say of them

    def judge(self, answer: Record | None, feedback: Feedback) -> None:
        """Stores what a user says of an answer, or of none, in place of what they said of it before."""
        number = None if answer is None else answer.id
        given = (feedback.at, feedback.member, number, feedback.question, feedback.answered)
        self._write(
            "INSERT INTO feedback (at, member, answer, question, answered, useful, said)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (answer, member) WHERE answer IS NOT NULL"
            " DO UPDATE SET at = excluded.at, useful = excluded.useful, said = excluded.said",
            (*given, int(feedback.useful), feedback.said),
        )

    def feedback(self) -> list[Feedback]:
        """All that was said, oldest first."""
        rows = self._rows("SELECT at, member, question, answered, useful, said, id FROM feedback ORDER BY id")
        return [
            Feedback(at, who, asked, told, bool(useful), said, number)
            for at, who, asked, told, useful, said, number in rows
        ]

    # -- notes on a conversation

    def note(self, speaker: Speaker, name: str, value: str, *, at: float) -> None:
        """Keeps a value for a speaker, in place of the one of that name."""
        who = (speaker.channel, speaker.chat, speaker.user)
        self._write("INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?, ?, ?)", (*who, name, at, value))

    def noted(self, speaker: Speaker, name: str, *, since: float) -> str:
        """The value of a name, if it was noted since; else empty."""
        who = (speaker.channel, speaker.chat, speaker.user)
        where = "channel = ? AND chat = ? AND user = ? AND name = ? AND at >= ?"
        rows = self._rows(f"SELECT value FROM notes WHERE {where}", (*who, name, since))
        return str(rows[0][0]) if rows else ""

    # -- what is kept no longer

    def sweep(self, *, now: float, answers_seconds: float) -> None:
        """Deletes what has been kept long enough, and wipes off the disk what was forgotten since the last time.

        Args:
            now: The time.
            answers_seconds: How long answers, what users said of them, and notes are kept.
        """
        with self._lock, self._translating():
            self._base.execute("DELETE FROM messages WHERE done = 1 AND at < ?", (now - DEDUPE_DAYS * _DAY,))
            self._base.execute("DELETE FROM windows WHERE until < ?", (now,))
            for table in ("answers", "feedback", "notes"):
                self._base.execute(f"DELETE FROM {table} WHERE at < ?", (now - answers_seconds,))
            # The log still has the pages as they were; if another process reads, the next sweep empties it.
            self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def check(self) -> None:
        """Raises an error if the file can't be read."""
        self._rows("SELECT count(*) FROM messages WHERE done = 0")

    # -- what a language model took

    def spend(self, spent: Spent) -> None:
        """Adds to what a model took on a day."""
        sums = ", ".join(f"{name} = {name} + excluded.{name}" for name in Spent._fields[2:])
        sql = (
            f"INSERT INTO spending VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (day, model) DO UPDATE SET {sums}"
        )
        self._write(sql, spent)

    def spent(self, *, since: str) -> list[Spent]:
        """What every model took from a day on, all days together, under that day's date."""
        sums = ", ".join(f"sum({name})" for name in Spent._fields[2:])
        sql = f"SELECT ?, model, {sums} FROM spending WHERE day >= ? GROUP BY model ORDER BY model"
        return [Spent(*row) for row in self._rows(sql, (since, since))]

    # -- plumbing

    def _prepare(self) -> None:
        self._to_wal()
        self._base.execute("PRAGMA synchronous = FULL")  # a platform told "received" will not say it again
        self._base.execute(
            "PRAGMA secure_delete = ON"
        )  # what is forgotten is overwritten, whatever the build
        got = self._base.execute("PRAGMA user_version").fetchone()[0]
        if got < VERSION:  # every later version only added tables
            self._base.executescript(f"BEGIN IMMEDIATE;{_TABLES}PRAGMA user_version = {VERSION};COMMIT;")
        elif got > VERSION:
            message = f"{self._path}: expected version {VERSION} or less, got {got}; move it away"
            raise IndexStateError(message, item=str(self._path), code="state")

    def _to_wal(self) -> None:
        """Goes over to a write-ahead log; SQLite refuses at once, without its usual wait, while another does."""
        until = monotonic() + _WAIT_SECONDS
        while True:
            try:
                self._base.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as problem:
                if (
                    getattr(problem, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY
                    or monotonic() > until
                ):
                    raise
                sleep(_PAUSE_SECONDS)
            else:
                return

    def _messages(self, where: str, values: Sequence[object]) -> list[Message]:
        rows = self._rows(
            f"SELECT channel, id, at, payload, parts, n_sent FROM messages WHERE {where}", values
        )
        return [
            Message(channel, name, at, payload, None if parts is None else tuple(json.loads(parts)), n_sent)
            for channel, name, at, payload, parts, n_sent in rows
        ]

    def _records(self, where: str, values: Sequence[object]) -> list[Record]:
        rows = self._rows(f"SELECT {_RECORD} FROM answers {where}", values)
        return [replace(Record(Speaker(*row[2:5]), *row[5:]), id=row[0], at=row[1]) for row in rows]

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock, self._translating():
            return self._base.execute(sql, values).fetchall()

    def _write(self, sql: str, values: Sequence[object]) -> int:
        with self._lock, self._translating():
            return self._base.execute(sql, values).rowcount

    @contextlib.contextmanager
    def _translating(self) -> Iterator[None]:
        """Turns what SQLite raises into our errors."""
        try:
            yield
        except sqlite3.Error as problem:
            raise _translated(self._path, problem) from problem


def _translated(path: Path, problem: sqlite3.Error | OSError) -> StorageError | IndexStateError:
    name = getattr(problem, "sqlite_errorname", "")
    if name in {"SQLITE_NOTADB", "SQLITE_CORRUPT"}:
        message = f"{path}: can't be used ({problem}); move it away"
        return IndexStateError(message, item=str(path), code="state")
    return StorageError(f"{path}: {problem}; make room or check rights", item=str(path), code="storage")
