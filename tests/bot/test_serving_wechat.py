"""`wenshu serve` as a process behind a WeChat account, in WeChat's own time: many users, a stalled engine, kills."""

import asyncio
import contextlib
import shutil
import signal
from pathlib import Path

import model_server
import tencent_server
from processes import serve, start
from wechat_process import fetched, free_port, platform_at, settings_of, stalling_by, verified_by

from bot import phrases
from bot.state import State

QUESTION = "科创投累计投资多少"


async def test_kill_9_between_the_calls_and_the_third_still_answers(home: Path):
    """The first call is held by a stalled engine, the process is killed; the next one answers the third."""
    port = free_port()
    with model_server.serving(model_server.Stalls()) as model:
        served = await start(home, **settings_of(port), **stalling_by(model, seconds=60))
        await served.until_up()
        async with platform_at(port) as platform:
            fields = platform.message(MsgType="text", Content=QUESTION)
            first = await platform.call(fields)
            await served.stop(signal.SIGKILL)
            async with serve(home, **settings_of(port)):
                third = await platform.bring(fields, calls=1)
    assert first is None
    assert "23.26亿元" in (third.text or "")
    assert "科技日报" in (third.text or "")


async def test_under_a_stalled_engine_every_call_is_answered_in_time(home: Path, tmp_path: Path):
    """Verified: `success`, then the articles' own words.  Unverified: by the third call, and by 继续."""
    other = Path(shutil.copytree(home, tmp_path / "other"))
    await asyncio.gather(_stalled_verified(home), _stalled_unverified(other))


async def _stalled_verified(home: Path, n_users: int = 8) -> None:
    port, users = free_port(), [f"user-{number}" for number in range(n_users)]
    with model_server.serving(model_server.Stalls()) as model:
        settings = settings_of(port) | stalling_by(model, seconds=7) | {"max_running": "16"}
        async with (
            tencent_server.serving() as server,
            serve(home, **settings, **verified_by(server)),
            platform_at(port) as platform,
        ):
            shown = await asyncio.gather(*(platform.say(QUESTION, user=user) for user in users))
            texts = await server.until_sent(n_users)
            sent_to = sorted(each["touser"] for each in server.messages)
    assert [each.answers for each in shown] == [[(200, "success")]] * n_users
    assert sent_to == users
    assert all("23.26亿元" in text for text in texts)


async def _stalled_unverified(home: Path, n_users: int = 8) -> None:
    port, users = free_port(), [f"user-{number}" for number in range(n_users)]
    with model_server.serving(model_server.Stalls()) as model:
        settings = settings_of(port) | stalling_by(model, seconds=17) | {"max_running": "16"}
        async with serve(home, **settings), platform_at(port) as platform:
            shown = await asyncio.gather(*(platform.say(QUESTION, user=user) for user in users))
            pairs = zip(shown, users, strict=True)
            texts = await asyncio.gather(*(fetched(platform, *each) for each in pairs))
    assert [each.text for each in shown] == [phrases.STILL_WORKING] * n_users
    assert [[answer is None for answer in each.answers] for each in shown] == [[True, True, False]] * n_users
    assert all("23.26亿元" in text for text in texts)


async def test_a_hundred_users_at_once_none_lost_none_doubled(home: Path):
    port, n_users = free_port(), 100
    users = [f"user-{number}" for number in range(n_users)]
    async with serve(home, **settings_of(port)), platform_at(port) as platform:
        shown = await asyncio.gather(*(platform.say(QUESTION, user=user) for user in users))
        texts = await asyncio.gather(*(fetched(platform, *each) for each in zip(shown, users, strict=True)))
        again = await asyncio.gather(*(platform.say("继续", user=user) for user in users))
    assert all("23.26亿元" in text for text in texts)
    assert {each.text for each in again} == {phrases.NO_MORE}
    with contextlib.closing(State(home / "state.sqlite3")) as state:
        asked = sorted(record.speaker.user for record in state.answers(since=0))
    assert asked == sorted(users)
