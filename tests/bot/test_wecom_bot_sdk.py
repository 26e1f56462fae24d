"""The server that our tests of a connected bot talk to, held against a client that nobody here wrote: WeCom's SDK."""

import asyncio
import ipaddress
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from wecom_socket import BOT_ID, SECRET, Fate, WeComServer, wecom_server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it imports a part of websockets that is on its way out
    import aibot
    from aibot import ws as sdk_socket


class Silent:
    def debug(self, *_: Any) -> None: ...

    info = warn = error = debug


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "here.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
async def server(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WeComServer]:
    monkeypatch.setattr(sdk_socket, "_SSL_CONTEXT", ssl.create_default_context(cafile=certificate))
    secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    secure.load_cert_chain(certificate)
    async with wecom_server(secure=secure) as made:
        yield made


@asynccontextmanager
async def sdk(server: WeComServer, **over: Any) -> AsyncIterator[aibot.WSClient]:
    """The SDK's client, connected; it says every text back, once it has shown that it is at work."""
    options = {
        "bot_id": BOT_ID,
        "secret": SECRET,
        "ws_url": server.url,
        "reconnect_interval": 10,
        "max_reconnect_attempts": -1,
        "logger": Silent(),
    }
    client = aibot.WSClient(aibot.WSClientOptions(**(options | over)))
    client.on("error", lambda _: None)  # without, an error ends its attempts

    async def echo(frame: dict[str, Any]) -> None:
        body = frame["body"]
        try:
            await client.reply_stream(frame, body["msgid"], "…")
            await client.reply_stream(frame, body["msgid"], body["text"]["content"], finish=True)
        except RuntimeError:
            markdown = {"msgtype": "markdown", "markdown": {"content": body["text"]["content"]}}
            await client.send_message(body["from"]["userid"], markdown)

    client.on("message.text", echo)
    await client.connect()
    try:
        yield client
    finally:
        client.disconnect()
        while client._ws_manager._ws is not None:  # noqa: ASYNC110 -- it tells nobody
            await asyncio.sleep(0.01)


async def test_it_subscribes_receives_and_answers(server: WeComServer):
    async with sdk(server):
        name = await server.say("u1", "投资多少")
        await server.until(lambda: server.answer(name) == "投资多少")
        assert server.streams[name].texts == ["…", "投资多少"]
        await server.until(lambda: server.n_subscribed == 1)
    assert not server.wrong


async def test_it_greets(server: WeComServer):
    async with sdk(server) as client:

        async def greet(frame: dict[str, Any]) -> None:
            await client.reply_welcome(frame, {"msgtype": "text", "text": {"content": "您好"}})

        client.on("event.enter_chat", greet)
        await server.enter("u1")
        await server.until(lambda: server.welcomed == ["您好"])


async def test_it_comes_back_after_a_drop(server: WeComServer):
    async with sdk(server):
        await server.until(lambda: server.n_subscribed == 1)
        server.drop()
        name = await server.say("u1", "后来")
        await server.until(lambda: server.answer(name) == "后来")
        assert server.n_subscribed == 2


async def test_it_beats(server: WeComServer):
    async with sdk(server, heartbeat_interval=10):
        await server.until(lambda: server.n_of["ping"] >= 3)


async def test_it_answers_a_message_as_often_as_it_comes(server: WeComServer):
    async with sdk(server):
        name = await server.say("u1", "一遍")
        await server.until(lambda: bool(server.answer(name)))
        await server.bring(name)
        await server.until(lambda: server.pushed == [("u1", "一遍")])  # its second stream is refused


async def test_it_is_told_of_an_expired_stream(server: WeComServer):
    async with sdk(server):
        await server.until(lambda: server.n_subscribed == 1)
        server.expired.add("msg/1=")
        await server.say("u1", "太晚")
        await server.until(lambda: server.pushed == [("u1", "太晚")])
    assert not server.streams


async def test_it_waits_for_confirmations_that_are_late(server: WeComServer):
    server.delay = lambda _: 0.1
    async with sdk(server):
        name = await server.say("u1", "慢慢来")
        await server.until(lambda: server.answer(name) == "慢慢来")


async def test_it_takes_the_confirmation_of_one_snapshot_for_that_of_the_next(server: WeComServer):
    """Why ours keeps those that are under way in order: here a refused end counts as done."""
    async with sdk(server) as client:
        client._ws_manager._reply_ack_timeout = 0.05
        client.remove_all_listeners("message.text")
        came: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        client.on("message.text", came.put_nowait)
        await server.say("u1", "问")
        frame = await came.get()
        server.delay = lambda _: 0.2
        with pytest.raises(TimeoutError):
            await client.reply_stream(frame, "s", "…")
        client._ws_manager._reply_ack_timeout = 5
        server.expired.add("msg/1=")
        await client.reply_stream(frame, "s", "答", finish=True)
    assert server.unfinished == ["s"]


@pytest.mark.parametrize("code", [1000, 1001])
async def test_a_normal_closure_ends_it_silently_for_good(server: WeComServer, code: int):
    """Why it is not what we run: a server that is restarted politely leaves it deaf, and it says nothing."""
    told: list[str] = []
    async with sdk(server) as client:
        for event in ("disconnected", "reconnecting", "error"):
            client.on(event, lambda *_, name=event: told.append(name))
        await server.until(lambda: server.n_subscribed == 1)
        receiving = client._ws_manager._receive_task
        await server.close(code)
        await asyncio.wait({receiving})
        assert not client.is_connected
        assert client._ws_manager._receive_task is receiving, "nothing is begun again"
    assert (server.n_subscribed, told) == (1, [])


async def test_another_closure_does_not(server: WeComServer):
    async with sdk(server):
        await server.until(lambda: server.n_subscribed == 1)
        await server.close(1012)
        await server.until(lambda: server.n_subscribed == 2)


async def test_what_is_lost_on_the_way_breaks_its_connection(server: WeComServer):
    lost = iter([Fate.LOST])
    server.fate = lambda frame: next(lost, Fate.TAKEN) if frame["cmd"] == "aibot_respond_msg" else Fate.TAKEN
    async with sdk(server):
        await server.say("u1", "丢")
        await server.until(lambda: server.n_subscribed == 2)
        assert not server.streams
