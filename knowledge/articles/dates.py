"""Dates as files state them → ISO 8601."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

from knowledge.errors import ArticleError

_CHINA = timezone(timedelta(hours=8))
_WRITTEN = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
    r"\s*(?:星期|周)?[一二三四五六日天]?"
    r"(?:[Tt\s]*(?P<hour>\d{1,2})\s*[:：时点]\s*(?P<minute>\d{1,2})(?:\s*[:：分]\s*(?P<second>\d{1,2})(?:[.,]\d+)?)?"
    r"\s*[秒分]?\s*(?P<zone>[Zz]|UTC|GMT|CST|[+-]\d{2}(?::?\d{2})?)?)?"
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?:[Tt]?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?P<zone>[Zz])?)?"
)
_MAIL = re.compile(r"(?:[A-Z][a-z]{2},\s+)?\d{1,2}\s+[A-Z][a-z]{2}\s+\d{4}\s+\d{1,2}:\d{2}.*")


def iso(value: str, *, item: str) -> str | None:
    """Returns a date in ISO 8601: a day, or a day and a time where one is stated; None for an empty value.

    A time in UTC is given in China's zone, so that its day is the day the paper came out.

    Args:
        value: As written: 2022-02-21, 2022/2/21, 2022年2月21日 16:58, 2022-02-21 16:58:52 +0800, RFC 5322 …
        item: What the date belongs to, for the error.

    Raises:
        ArticleError: Code `date`: it can't be read, or there is no such day.

    >>> iso("2022年2月21日", item="x"), iso("2022-02-21T23:30:00Z", item="x")
    ('2022-02-21', '2022-02-22T07:30:00+08:00')
    """
    value = value.strip()
    if not value:
        return None
    try:
        when = _parsed(value)
    except (ValueError, OverflowError) as e:
        raise _unreadable(value, item, f" ({e})") from e
    if when is None:
        raise _unreadable(value, item, "")
    return when.isoformat()


def from_datetime(when: datetime | None) -> str:
    """Returns the time in ISO 8601 and China's zone; one without a zone is UTC; empty for None."""
    if when is None:
        return ""
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(_CHINA).isoformat()


def _unreadable(value: str, item: str, cause: str) -> ArticleError:
    message = (
        f"{item}: can't read the date {value!r}{cause}; write it as 2022-02-21 or 2022-02-21 16:58:52 +0800"
    )
    return ArticleError(message, item=item, code="date")


def _parsed(value: str) -> date | datetime | None:
    """Returns the day, or the time if one is stated; None if the form is unknown.

    Raises:
        ValueError: The form is known, but there is no such day or time.
        OverflowError: The time falls out of the calendar.
    """
    found = _WRITTEN.fullmatch(value) or _COMPACT.fullmatch(value)
    if found is None:
        if not _MAIL.fullmatch(value):
            return None
        from email.utils import parsedate_to_datetime

        return _in_china(parsedate_to_datetime(value))
    year, month, day = (int(found[name]) for name in ("year", "month", "day"))
    if found["hour"] is None:
        return date(year, month, day)
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    return _in_china(datetime(year, month, day, hour, minute, second, tzinfo=_zone(found["zone"])))


def _in_china(when: datetime) -> datetime:
    """Returns a UTC time in China's zone, any other as it is."""
    return when.astimezone(_CHINA) if when.tzinfo and not when.utcoffset() else when


def _zone(name: str | None) -> timezone | None:
    """Returns the zone of an offset (+0800, +08:00, Z), or None if none is stated.  CST is China's."""
    if not name:
        return None
    if name.upper() in ("Z", "UTC", "GMT"):
        return UTC
    if name.upper() == "CST":
        return _CHINA
    hours, minutes = int(name[1:3]), int(name[-2:]) if len(name) > len("+08") else 0
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if name[0] == "-" else offset)
