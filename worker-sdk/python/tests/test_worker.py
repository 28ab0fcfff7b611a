"""What needs no server: rates, middleware, metrics and health, and the means to test handlers."""

import asyncio
import unittest
from dataclasses import dataclass
from typing import Any

from baton_worker import Asks, Bug, Handler, Job, Question, Rate, Worker, choice, wire
from baton_worker.operating import Health, Metrics, serve
from baton_worker.testing import run
from baton_worker.worker import ApiError

SECOND = 1_000_000_000


class Rates(unittest.TestCase):
    def begins(self, rate: Rate, asked_at: list[int]) -> list[int]:
        following, all_begin = 0, []
        for now in asked_at:
            begins, following = rate.permit(following, now * SECOND)
            all_begin.append(max(begins, now * SECOND))
        return all_begin

    def test_permits_are_an_interval_apart(self) -> None:
        self.assertEqual(self.begins(Rate(2), [9, 9, 9]), [9 * SECOND, 9 * SECOND + SECOND // 2, 10 * SECOND])
        self.assertEqual(self.begins(Rate(2), [9, 20]), [9 * SECOND, 20 * SECOND])

    def test_a_burst_is_what_may_be_saved_up(self) -> None:
        self.assertEqual(self.begins(Rate(1, burst=3), [9] * 5), [at * SECOND for at in (9, 9, 9, 10, 11)])


@dataclass
class Number:
    n: int


async def double(job: Job[Number]) -> int:
    job.log("doubling")
    return job.input.n * 2


class Handlers(unittest.IsolatedAsyncioTestCase):
    async def test_a_handler_runs_without_servers(self) -> None:
        outcome = await run(double, {"n": 21})
        self.assertEqual(outcome.variables, {"result": 42})
        self.assertEqual([shown.log.message for shown in outcome.shown if shown.log], ["doubling"])
        self.assertIsInstance((await run(double, {"n": "x"})).failure, Bug)

    async def test_a_question_ends_the_attempt_and_its_answer_begins_the_next(self) -> None:
        async def refund(job: Job[dict[str, Any]]) -> Any:
            question = Question("refund", "Pay it back?", [choice("decision", "yes", "no")], groups=["bosses"], within=60)
            answer = job.ask(question)
            return "too late" if answer.is_expired() else (answer.values or {})["decision"]

        asked = (await run(refund)).failure
        assert isinstance(asked, Asks)
        wire = asked.question.to_wire()
        self.assertEqual((wire.form_fields[0].options, wire.expires_after_ms), (["yes", "no"], 60000))
        self.assertEqual(type(wire).decode(wire.encode()), wire)
        self.assertEqual((await run(refund, answers={"refund": {"decision": "yes"}})).variables, {"result": "yes"})
        self.assertEqual((await run(refund, answers={"refund": None})).variables, {"result": "too late"})

    async def test_middleware_is_around_the_handler_the_first_outermost(self) -> None:
        seen: list[str] = []

        async def outer(job: Job[Any], call: Handler) -> Any:
            seen.append("outer")
            return [await call(job)]

        async def inner(job: Job[Any], call: Handler) -> Any:
            seen.append("inner")
            return {"inner": await call(job)}

        outcome = await run(double, {"n": 1}, middleware=[outer, inner])
        self.assertEqual(outcome.variables, {"result": [{"inner": 2}]})
        self.assertEqual(seen, ["outer", "inner"])


class Versions(unittest.IsolatedAsyncioTestCase):
    async def test_a_worker_that_is_too_old_ends_and_says_so(self) -> None:
        class Refused(Worker):
            async def _ask(self, method: str, request: wire.Message, timeout: float = 10.0) -> bytes:
                raise ApiError("WORKER_TOO_OLD: update it")

        worker, stop = Refused("nats://127.0.0.1:1"), asyncio.Event()
        worker.job("double")(double)
        self.assertIsNone(await worker._register(worker._types[0], stop))
        self.assertTrue(stop.is_set())
        self.assertEqual(worker._incompatible, "WORKER_TOO_OLD: update it")


class Operating(unittest.IsolatedAsyncioTestCase):
    async def get(self, port: int, path: str) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        return answer.decode()

    async def test_health_and_metrics_are_served(self) -> None:
        health, metrics = Health(), Metrics()
        server = await serve("127.0.0.1:0", health, metrics)
        port = server.sockets[0].getsockname()[1]
        self.assertIn(" 200 ", await self.get(port, "/healthz/live"))
        self.assertIn(" 503 ", await self.get(port, "/healthz/ready"))
        health.components.update(nats=True, engine=True)
        self.assertIn(" 200 ", await self.get(port, "/healthz/ready"))
        metrics.started("a\"b")
        metrics.finished("a\"b", "completed", 0.03)
        text = await self.get(port, "/metrics")
        for line in (
            'baton_worker_jobs_total{job_type="a\\"b",outcome="completed"} 1',
            'baton_worker_job_duration_seconds_bucket{le="0.025",job_type="a\\"b"} 0',
            'baton_worker_job_duration_seconds_bucket{le="0.1",job_type="a\\"b"} 1',
            'baton_worker_jobs_in_flight{job_type="a\\"b"} 0',
            "# EOF",
        ):
            self.assertIn(line, text)
        self.assertIn(" 404 ", await self.get(port, "/secret"))
        server.close()


if __name__ == "__main__":
    unittest.main()
