"""What servers say, and what they try, against a real one."""

from __future__ import annotations

import asyncio
import base64
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from http_server import HttpServer

from taskmatrix_ros.bindings.http.http_binding import HttpBinding
from taskmatrix_ros.bindings.http.http_settings import HttpSettings
from taskmatrix_ros.bindings.secret import SecretSettings
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Outcome, Status

SECRET = "hunter2-is-secret"


class Desk:
    """A binding on a server, and calls of documents made for one test."""

    def __init__(self, server: HttpServer, folder: Path) -> None:
        self.server = server
        secret_file = folder / "secret"
        secret_file.write_text(f"{SECRET}\n")
        host = f"127.0.0.1:{server.port}"
        secrets = {
            "key": SecretSettings(file=secret_file, hosts=(host,)),
            "elsewhere": SecretSettings(file=secret_file, hosts=("example.org",)),
            "gone": SecretSettings(file=folder / "nowhere", hosts=(host,)),
        }
        settings = HttpSettings(private_hosts=(host,), connect_s=30.0, max_bytes=100_000)
        self.binding = HttpBinding(settings, secrets)

    async def get(self, path: str, *, deadline_s: float = 120.0, **binding: Any) -> Outcome:
        return await self.call({"method": "GET", "url": self.server.url + path, **binding}, deadline_s=deadline_s)

    async def call(
        self,
        binding: dict[str, Any],
        arguments: dict[str, Any] | None = None,
        *,
        effect: str = "read",
        idempotent: bool = False,
        deadline_s: float = 120.0,
    ) -> Outcome:
        document = ApiDocument.model_validate(
            {
                "name": "asked",
                "description": "Ask.",
                "parameters": {name: {"type": "string"} for name in arguments or {}},
                "effect": effect,
                "idempotent": idempotent,
                "binding": {"kind": "http", **binding},
            }
        )
        call = Call(run_id="r", api="asked", arguments=arguments or {}, deadline_s=deadline_s)
        return await self.binding.call(call, document, lambda _: None)


Body = Callable[[Desk], Awaitable[None]]


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Body], None]:
    def run(body: Body) -> None:
        async def main() -> None:
            async with asyncio.timeout(240), HttpServer() as server:
                desk = Desk(server, tmp_path)
                await desk.binding.open()
                try:
                    await body(desk)
                finally:
                    await desk.binding.close()

        asyncio.run(main())

    return run


@pytest.mark.parametrize(
    ("path", "status", "code", "says"),
    [
        ("/nothing", Status.REJECTED, "HTTP_404", "nothing here"),
        ("/fault", Status.FAILED, "HTTP_500", "planted fault"),
        ("/big", Status.FAILED, "BAD_REPLY", "longer than 100000 bytes"),
        ("/endless", Status.FAILED, "BAD_REPLY", "longer than 100000 bytes"),
        ("/zipped", Status.FAILED, "BAD_REPLY", "compressed"),
        ("/garbage", Status.FAILED, "BAD_REPLY", "no JSON"),
        ("/deep", Status.FAILED, "BAD_REPLY", "longer than"),
        ("/picture", Status.FAILED, "BAD_REPLY", "image/png"),
        ("/hang_up", Status.UNAVAILABLE, "UNAVAILABLE", "no answer"),
    ],
)
def test_replies_that_are_no_answer(run: Any, path: str, status: Status, code: str, says: str) -> None:
    async def body(desk: Desk) -> None:
        outcome = await desk.get(path)
        assert (outcome.status, outcome.error and outcome.error.code) == (status, code), outcome
        assert outcome.error is not None
        assert says in outcome.error.message
        assert "\n" not in outcome.error.message

    run(body)


def test_arguments_go_where_the_document_says(run: Any) -> None:
    async def body(desk: Desk) -> None:
        url = f"{desk.server.url}/echo"
        plain = await desk.call({"method": "GET", "url": url}, {"q": "a&b=c d", "left_out": None})
        assert plain.value["query"] == {"q": ["a&b=c d"]}
        told = await desk.call(
            {"method": "GET", "url": url, "query": {"what": "{q}", "n": 3}, "headers": {"X-Who": "me {q}"}}, {"q": "x"}
        )
        assert told.value["query"] == {"what": ["x"], "n": ["3"]}
        assert {name.lower(): value for name, value in told.value["headers"].items()}["x-who"] == "me x"
        json_body = await desk.call({"method": "PUT", "url": url}, {"q": "x"}, effect="actuate")
        assert json_body.value == {"body": '{"q": "x"}', "type": "application/json"}
        form = await desk.call(
            {"method": "PUT", "url": url, "body": {"a": "{q}"}, "body_type": "form"}, {"q": "1&2"}, effect="actuate"
        )
        assert form.value["body"] == "a=1%262"
        part = await desk.call({"method": "GET", "url": url, "result": "/query/q/0"}, {"q": "x"})
        assert part.value == "x"
        missing = await desk.call({"method": "GET", "url": url, "result": "/query/z"}, {"q": "x"})
        assert missing.error is not None
        assert "has no /query/z" in missing.error.message

    run(body)


def test_only_what_may_be_repeated_is(run: Any) -> None:
    async def body(desk: Desk) -> None:
        url = f"{desk.server.url}/busy_twice"
        command = await desk.call({"method": "PUT", "url": url}, effect="actuate")
        assert command.status is Status.UNAVAILABLE
        assert (await desk.server.told())["asked"]["/busy_twice"] == 1
        reading = await desk.get("/busy_twice")
        assert reading.status is Status.SUCCEEDED, reading
        assert (await desk.server.told())["asked"]["/busy_twice"] == 3
        lost = await desk.call({"method": "PUT", "url": f"{desk.server.url}/hang_up"}, effect="actuate")
        assert lost.status is Status.IN_DOUBT
        assert (await desk.server.told())["asked"]["/hang_up"] == 1
        hang_up = {"method": "PUT", "url": f"{desk.server.url}/hang_up"}
        again = await desk.call(hang_up, effect="actuate", idempotent=True)
        assert again.status is Status.UNAVAILABLE
        assert (await desk.server.told())["asked"]["/hang_up"] == 4

    run(body)


def test_a_private_host_is_refused_on_its_address_whatever_its_name(run: Any) -> None:
    async def body(desk: Desk) -> None:
        other = HttpServer()
        for url in (
            other.url,  # named with another port only
            f"http://localhost:{desk.server.port}/echo",  # a name that leads to a private address
            f"http://[::ffff:127.0.0.1]:{desk.server.port}/echo",
            f"http://2130706433:{desk.server.port}/echo",
            f"http://0:{desk.server.port}/echo",
            "http://169.254.169.254/latest/meta-data",
        ):
            outcome = await desk.call({"method": "GET", "url": url})
            assert outcome.status is Status.REJECTED, (url, outcome)
            assert outcome.error is not None
            assert "private_hosts" in outcome.error.message

    run(body)


def test_a_redirect_is_checked_like_the_first_request(run: Any) -> None:
    async def body(desk: Desk) -> None:
        good = await desk.get(f"/to?url={desk.server.url}/echo")
        assert good.status is Status.SUCCEEDED
        async with HttpServer() as inner:
            led = await desk.get(f"/to?url={inner.url}/echo")
            assert led.status is Status.REJECTED, led
            assert led.error is not None
            assert led.error.code == "HOST_REFUSED"
            assert "/echo" not in (await inner.told())["asked"]
        circle = await desk.get(f"/to?url={desk.server.url}/to?url=x")
        assert circle.status in (Status.FAILED, Status.REJECTED)
        file = await desk.get("/to?url=file:///etc/passwd")
        assert file.status is Status.REJECTED
        moved = await desk.call({"method": "PUT", "url": f"{desk.server.url}/moved"}, effect="actuate")
        assert moved.status is Status.REJECTED
        assert (await desk.server.told())["settings"] == []

    run(body)


def test_a_redirect_does_not_lead_to_a_private_host_that_another_document_names(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(240), HttpServer() as server, HttpServer() as inner:
            desk = Desk(server, tmp_path)
            hosts = tuple(f"127.0.0.1:{each.port}" for each in (server, inner))
            settings = HttpSettings(private_hosts=(*hosts, "xn--bcher-kva.test"), connect_s=30.0)
            desk.binding = HttpBinding(settings, {})
            await desk.binding.open()
            try:
                led = await desk.get(f"/to?url={inner.url}/echo")
                assert led.status is Status.REJECTED, led
                assert led.error is not None
                assert led.error.code == "REDIRECT"
                assert "/echo" not in (await inner.told())["asked"]
                for host in ("xn--bcher-kva.test", "bücher.test", "Xn--Bcher-Kva.test."):
                    encoded = await desk.get(f"/to?url={quote(f'http://{host}/echo')}")
                    assert encoded.error is not None
                    assert encoded.error.code == "REDIRECT", host
                own = await desk.get(f"/to?url={server.url}/echo")
                assert own.status is Status.SUCCEEDED
            finally:
                await desk.binding.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("auth", "found"),
    [
        ({"kind": "bearer"}, {"authorization": f"Bearer {SECRET}"}),
        ({"kind": "basic"}, {"authorization": f"Basic {base64.b64encode(SECRET.encode()).decode()}"}),
        ({"kind": "header", "name": "X-Key"}, {"x-key": SECRET}),
    ],
)
def test_credentials_come_by_name_and_stay_out_of_logs(
    run: Any, auth: dict[str, str], found: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def body(desk: Desk) -> None:
        outcome = await desk.get("/echo", auth={**auth, "secret": "key"})
        sent = {name.lower(): value for name, value in outcome.value["headers"].items()}
        assert found.items() <= sent.items()

    run(body)
    assert SECRET not in caplog.text


def test_a_secret_in_the_query_stays_out_of_logs_and_errors(run: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def body(desk: Desk) -> None:
        auth = {"kind": "query", "name": "appid", "secret": "key"}
        assert (await desk.get("/echo", auth=auth)).value["query"] == {"appid": [SECRET]}
        assert SECRET not in str(await desk.get("/nothing", auth=auth))
        assert SECRET not in str(await desk.get("/hang_up", auth=auth))
        url = f"{desk.server.url}/moved"
        moved = await desk.call({"method": "PUT", "url": url, "auth": auth}, effect="actuate")
        assert moved.error is not None
        assert f"{desk.server.url}/lamps/hall" in moved.error.message
        assert SECRET not in str(moved)

    run(body)
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("secret", "says"), [("elsewhere", "may not go to"), ("gone", "cannot be read"), ("unknown", "not in the profile")]
)
def test_a_secret_that_cannot_be_sent_sends_nothing(run: Any, secret: str, says: str) -> None:
    async def body(desk: Desk) -> None:
        outcome = await desk.get("/echo", auth={"kind": "bearer", "secret": secret})
        assert outcome.status is Status.REJECTED
        assert outcome.error is not None
        assert says in outcome.error.message
        assert "/echo" not in (await desk.server.told())["asked"]

    run(body)


def test_credentials_do_not_follow_to_another_host(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # The other one stands for a public host, which a redirect may lead to.
    monkeypatch.setattr(HttpBinding, "_leads_inside", lambda *_: False)

    async def body(desk: Desk) -> None:
        async with HttpServer() as other:
            settings = HttpSettings(private_hosts=("127.0.0.1",))
            secret = SecretSettings(env="HOME", hosts=(f"127.0.0.1:{desk.server.port}",))
            binding = HttpBinding(settings, {"key": secret})
            await desk.binding.close()
            desk.binding = binding
            await binding.open()
            url = f"/to?url={other.url}/echo"
            auth = {"kind": "header", "name": "X-Key", "secret": "key"}
            outcome = await desk.get(url, auth=auth, headers={"X-Own": "1"})
            assert outcome.status is Status.SUCCEEDED
            sent = {name.lower() for name in outcome.value["headers"]}
            assert "x-key" not in sent
            assert "x-own" not in sent

    run(body)


def test_a_slow_server_ends_at_the_deadline(run: Any) -> None:
    async def body(desk: Desk) -> None:
        began_s = time.monotonic()
        assert (await desk.get("/slow", deadline_s=0.3)).status is Status.TIMED_OUT
        command = await desk.call({"method": "PUT", "url": f"{desk.server.url}/slow"}, effect="actuate", deadline_s=0.3)
        assert command.status is Status.IN_DOUBT
        assert time.monotonic() - began_s < 20

    run(body)
