"""Keys, limits and headers."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from service.logs import configure
from service.problems import Problem
from service.security import RateLimit
from service.settings import Settings
from tests.service.conftest import HELLO, MakeWorld, World, new_conversation, say

ADA = {"Authorization": "Bearer ada-key"}
BOB = {"Authorization": "bearer bob-key"}


class TestKeys:
    async def test_are_needed_where_there_are_any(self, make_world: MakeWorld) -> None:
        async with make_world(api_keys="ada-key, bob-key").client() as client:
            for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic ada-key"}):
                answer = await client.get("/v1/conversations", headers=headers)
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"] == "Bearer"
                assert answer.json()["code"] == "unauthorized"
            for headers in (ADA, BOB):
                answer = await client.get("/v1/conversations", headers=headers)
                assert answer.status_code == 200

    async def test_own_what_they_made(self, make_world: MakeWorld) -> None:
        async with make_world(api_keys="ada-key,bob-key").client() as client:
            hers = await new_conversation(client, **ADA)
            path = f"/v1/conversations/{hers}"
            body = {"content": "hi"}
            refused = [
                await client.get(path, headers=BOB),
                await client.delete(path, headers=BOB),
                await client.get(f"{path}/events", headers=BOB),
                await client.post(f"{path}/messages", json=body, headers=BOB),
                await client.post(
                    f"{path}/approvals/a1", json={"decision": "approve"}, headers=BOB
                ),
            ]
            assert [answer.status_code for answer in refused] == [404] * 5
            listed = [
                (await client.get("/v1/conversations", headers=headers)).json()["data"]
                for headers in (ADA, BOB)
            ]
            assert [[row["id"] for row in rows] for rows in listed] == [[hers], []]
            assert (await client.get(path, headers=ADA)).status_code == 200

    async def test_are_not_needed_to_see_whether_it_is_up(self, make_world: MakeWorld) -> None:
        async with make_world(api_keys="ada-key").client() as client:
            for path in ("/healthz", "/readyz", "/metrics", "/docs", "/"):
                assert (await client.get(path)).status_code == 200, path

    def test_may_be_left_out_on_loopback_only(self, make_world: MakeWorld) -> None:
        def safe(**settings: object) -> bool:
            return make_world(**settings).settings.anonymous_is_safe

        assert safe(host="127.0.0.1")
        assert safe(host="::1")
        assert safe(host="localhost")
        assert not safe(host="0.0.0.0")
        assert not safe(host="example.org")
        assert safe(host="0.0.0.0", api_keys="k")
        assert safe(host="0.0.0.0", allow_anonymous=True)


class TestNames:
    @pytest.mark.parametrize(
        ("host", "status"),
        [
            ("127.0.0.1:8000", 200), ("localhost", 200), ("[::1]:8000", 200), ("a.localhost", 200),
            ("LOCALHOST:80", 200), ("test", 200), ("evil.example", 421), ("evil.example:8000", 421),
            ("127.0.0.1.evil.example", 421), ("", 421), ("[", 421),
        ],
    )  # fmt: skip
    async def test_of_others_are_not_answered_to(
        self, make_world: MakeWorld, host: str, status: int
    ) -> None:
        async with make_world().client() as client:
            answer = await client.get("/v1/conversations", headers={"Host": host})
        assert answer.status_code == status
        assert status == 200 or answer.json()["code"] == "forbidden_host"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize(("settings", "told"), [({}, True), ({"api_keys": "k"}, False)])
    async def test_that_are_refused_are_documented_where_they_are(
        self, make_world: MakeWorld, settings: dict[str, Any], told: bool
    ) -> None:
        async with make_world(allowed_hosts=(), **settings).client() as client:
            headers = {"Host": "localhost"}
            document = (await client.get("/openapi.json", headers=headers)).json()
        operations = [one for path in document["paths"].values() for one in path.values()]
        assert all(("421" in one["responses"]) is told for one in operations)

    @pytest.mark.parametrize("safe", [{"api_keys": "k"}, {"allow_anonymous": True}])
    async def test_do_not_matter_where_something_else_protects(
        self, make_world: MakeWorld, safe: dict[str, Any]
    ) -> None:
        async with make_world(allowed_hosts=(), **safe).client() as client:
            answer = await client.get("/healthz", headers={"Host": "callsign.example"})
        assert answer.status_code == 200


class TestWhatNobodyForesaw:
    @pytest.mark.parametrize("log_format", ["json", "console"])
    async def test_is_told_as_a_problem_and_logged_without_secrets(
        self,
        make_world: MakeWorld,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        log_format: str,
    ) -> None:
        world = make_world(api_keys="topsecretkey", log_format=log_format)

        async def broken(*_: object, **__: object) -> None:
            secret = "ada@example.com"
            raise ZeroDivisionError(len(secret))

        async with world.client() as client:
            root = logging.getLogger()
            monkeypatch.setattr(root, "handlers", root.handlers)
            monkeypatch.setattr(root, "level", root.level)
            configure(world.settings)
            monkeypatch.setattr(world.store, "conversations", broken)
            headers = {"Authorization": "Bearer topsecretkey"}
            answer = await client.get("/v1/conversations", headers=headers)
        assert answer.status_code == 500
        assert answer.json()["code"] == "internal_error"
        assert answer.headers["X-Request-Id"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        logged = capsys.readouterr().err
        assert "ZeroDivisionError" in logged
        assert "topsecretkey" not in logged
        assert "ada@example.com" not in logged


class TestLimits:
    @pytest.mark.parametrize("chunked", [False, True])
    async def test_a_body_may_not_be_too_large(self, make_world: MakeWorld, chunked: bool) -> None:
        async def parts() -> object:
            for _ in range(5):
                yield b" " * 1000

        async with make_world(max_body_bytes=2048).client() as client:
            content = parts() if chunked else b" " * 5000
            answer = await client.post("/v1/conversations", content=content)  # type: ignore[arg-type]
        assert answer.status_code == 413
        assert answer.json()["code"] == "payload_too_large"
        assert "2048" in answer.json()["detail"]

    async def test_requests_may_not_be_too_many(self, make_world: MakeWorld) -> None:
        async with make_world(rate_limit=2).client() as client:
            answers = [await client.get("/v1/conversations") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[-1].json()["retryable"] is True
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 30

    def test_a_bucket_fills_again_with_time(self) -> None:
        now = 0.0
        limit = RateLimit(60, clock=lambda: now)
        for _ in range(60):
            limit.spend("ada")
        with pytest.raises(Problem, match="try again in 1 s"):
            limit.spend("ada")
        limit.spend("bob")
        now = 1.0
        limit.spend("ada")
        with pytest.raises(Problem):
            limit.spend("ada")


class TestHeaders:
    async def test_let_the_page_do_only_what_it_needs(self, client: httpx.AsyncClient) -> None:
        for path in ("/", "/v1/conversations", "/nowhere"):
            headers = (await client.get(path)).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "unsafe-inline" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"

    async def test_carry_an_id_for_each_request(self, client: httpx.AsyncClient) -> None:
        given = await client.get("/nowhere", headers={"X-Request-Id": "abc-1"})
        assert given.headers["x-request-id"] == given.json()["request_id"] == "abc-1"
        odd = await client.get("/nowhere", headers={"X-Request-Id": "a b\tc" * 40})
        assert odd.headers["x-request-id"].startswith("req_")

    async def test_allow_no_other_origin(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/healthz", headers={"Origin": "https://elsewhere.example"})
        assert "access-control-allow-origin" not in answer.headers

    async def test_allow_the_origins_that_are_set(self, make_world: MakeWorld) -> None:
        async with make_world(cors_origins="https://shop.example").client() as client:
            answer = await client.get("/healthz", headers={"Origin": "https://shop.example"})
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"


class TestOperations:
    async def test_metrics_count_what_happened(
        self, client: httpx.AsyncClient, world: World
    ) -> None:
        world.engine.expect(("search_offers", {}), ("book_offer", {"offer_id": "x"}), HELLO)
        await say(client, await new_conversation(client), "hi")
        text = (await client.get("/metrics")).text
        for line in (
            'callsign_turns_total{reason="replied"} 1.0',
            'callsign_calls_total{status="executed",tool="search_offers"} 1.0',
            'callsign_rejections_total{code="foreign_id"} 1.0',
            'callsign_model_tokens_total{kind="prompt"} 300.0',
            "callsign_model_seconds_count 3.0",
            'route="/v1/conversations/{conversation_id}/messages",status="200"} 1.0',
        ):
            assert line in text, line

    async def test_not_ready_says_what_is_missing(self, make_world: MakeWorld) -> None:
        world = make_world()
        transport = httpx.ASGITransport(world.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            ready = await client.get("/readyz")
            refused = await client.post("/v1/conversations")
        assert ready.status_code == 503
        assert ready.json() == {"status": "not_ready", "reasons": {"service": "starting"}}
        assert refused.status_code == 503
        assert refused.json()["code"] == "not_ready"


class TestSettings:
    def test_come_from_the_environment_and_a_file(
        self, make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: object
    ) -> None:
        (tmp_path / ".env").write_text("CALLSIGN_PORT=8123\nCALLSIGN_MODE=free\nOTHER=1\n")  # type: ignore[operator]
        monkeypatch.setenv("CALLSIGN_MODE", "schema")
        assert Settings().port == 8123
        assert Settings().mode == "schema"
        assert Settings(mode="grounded").mode == "grounded"

    @pytest.mark.parametrize("wrong", [{"port": 70000}, {"engine": "magic"}, {"rate_limit": -1}])
    def test_are_checked(self, make_world: MakeWorld, wrong: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            make_world(**wrong)

    def test_keep_keys_out_of_what_is_printed(self, make_world: MakeWorld) -> None:
        assert "ada-key" not in repr(make_world(api_keys="ada-key").settings)
