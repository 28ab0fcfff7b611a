"""Putting a worker together and running it: pulling, leases, results, cancellation, draining."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import signal
import ssl
import time
import typing
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Awaitable, Callable, Sequence, TypeVar

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

from . import wire
from .failure import Asks, BpmnError, Bug, Retryable
from .job import Job
from .operating import Health, Metrics, serve
from .rate import Limit, Rate

log = logging.getLogger("baton_worker")

Handler = Callable[[Job[Any]], Awaitable[Any]]
H = TypeVar("H", bound=Handler)
Middleware = Callable[[Job[Any], Handler], Awaitable[Any]]
M = TypeVar("M", bound=Middleware)

CANCEL_GRACE = 5.0
REMEMBERED = 4096
REQUEST_EXPIRES, IDLE_HEARTBEAT, SILENCE = 30.0, 5.0, 12.0


class IncompatibleError(Exception):
    """Worker and engine do not understand each other; one of them has to be updated."""


class ApiError(Exception):
    """The engine's answer is a problem; it begins with its code."""


@dataclass
class _JobType:
    name: str
    handler: Handler
    input_type: Any
    at_once: int
    limits: list[Limit]


@dataclass
class _Held:
    job: Job[Any]
    message: Msg
    work: asyncio.Task[wire.JobResult] | None = None


class Worker:
    """What a worker does and how. It registers again by itself whatever happens to NATS and the engine."""

    def __init__(
        self,
        nats_url: str | None = None,
        *,
        name: str | None = None,
        concurrency: int = 16,
        drain: float = 20.0,
        http: str | None = None,
    ) -> None:
        """`http` (`host:port`; BATON_HTTP_ADDR when it is not given) is where `/healthz/*` and `/metrics` are served."""
        self._url = nats_url or os.environ.get("BATON_NATS_URL", "nats://127.0.0.1:4222")
        self._name = name or f"worker-{uuid.uuid4().hex}"
        self._concurrency, self._drain = max(concurrency, 1), drain
        self._http = http or os.environ.get("BATON_HTTP_ADDR")
        self._health, self._metrics = Health(), Metrics()
        self._middleware: list[Middleware] = []
        self._types: list[_JobType] = []
        self._held: dict[str, _Held] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._finished: OrderedDict[str, int] = OrderedDict()
        self._ack_wait = 30.0
        self._incompatible: str | None = None
        self._nats: Client

    def job(
        self,
        job_type: str,
        *,
        at_once: int | None = None,
        rate: Rate | None = None,
        shared_rate: tuple[str, Rate] | None = None,
    ) -> Callable[[H], H]:
        """Jobs of this type are done by the decorated function, so many at once. Of what it returns a dict's items become
        variables, and any other value becomes the task's result. They begin no more often than `rate` in this worker, and than
        `shared_rate` in all workers together that name the same limit (of any language): name it after the outside system that
        it spares."""
        limits = [Limit(rate)] if rate else []
        limits += [Limit(shared_rate[1], shared_rate[0])] if shared_rate else []

        def add(handler: H) -> H:
            kind = _JobType(job_type, handler, input_type(handler), at_once or self._concurrency, limits)
            self._types.append(kind)
            return handler

        return add

    def middleware(self, around: M) -> M:
        """The decorated function is called around every job, with what to call inside; the first is the outermost:

            @worker.middleware
            async def timed(job: Job[Any], call: Handler) -> Any:
                async with asyncio.timeout(60):
                    return await call(job)
        """
        self._middleware.append(around)
        return around

    async def run(self, stop: asyncio.Event | None = None) -> None:
        """Works until `stop` is set (SIGTERM or Ctrl-C without one), then finishes what runs."""
        if not self._types:
            raise ValueError("the worker has no job types: decorate a function with `job`")
        stop = stop or _stopped_by_signal()
        server = await serve(self._http, self._health, self._metrics) if self._http else None
        self._nats = await _connect(self._url, self._name, self._health)
        leases = asyncio.create_task(self._keep_leases())
        for kind in self._types:
            await self._nats.subscribe(f"cancel.{wire.token(kind.name)}", cb=self._cancel_told)
        pulls = [asyncio.create_task(self._pull(kind, stop)) for kind in self._types]
        await asyncio.gather(*pulls)
        await self._finish()
        leases.cancel()
        await self._nats.flush()
        await self._nats.close()
        if server:
            server.close()
        if self._incompatible:
            raise IncompatibleError(self._incompatible)

    async def _ask(self, method: str, request: wire.Message, timeout: float = 10.0) -> bytes:
        reply = await self._nats.request(f"api.{method}", request.encode(), timeout=timeout)
        answer = wire.ApiReply.decode(reply.data)
        if answer.problem is not None:
            raise ApiError(f"{answer.problem.code}: {answer.problem.message}")
        return answer.ok or b""

    async def _register(self, kind: _JobType, stop: asyncio.Event) -> wire.RegisterWorkerReply | None:
        pause = 0.1
        while not stop.is_set():
            try:
                request = wire.RegisterWorkerRequest(kind.name, wire.WIRE_VERSION)
                reply = wire.RegisterWorkerReply.decode(await self._ask("register_worker", request, 5.0))
                if reply.wire_version < wire.OLDEST_WIRE_VERSION:
                    raise ApiError(f"ENGINE_TOO_OLD: the engine speaks version {reply.wire_version} of the wire")
                self._ack_wait = min(self._ack_wait, max(reply.ack_wait_ms / 1000, 1.0))
                self._health.components["engine"] = True
                return reply
            except (ApiError, nats.errors.Error, asyncio.TimeoutError, ValueError) as error:
                if str(error).startswith(("WORKER_TOO_OLD", "ENGINE_TOO_OLD")):
                    self._incompatible = str(error)
                    stop.set()
                    return None
                self._health.components["engine"] = False
                log.warning("cannot register for %s yet: %s", kind.name, error)
            await _unless(stop, pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, 5.0)
        return None

    async def _pull(self, kind: _JobType, stop: asyncio.Event) -> None:
        """As many jobs are asked for as can be begun at once."""
        jobs: set[asyncio.Task[None]] = set()
        while consumer := await self._register(kind, stop):
            try:
                await self._pull_from(consumer, kind, jobs, stop)
            except (nats.errors.Error, ConnectionError) as error:
                log.warning("registering for %s again: %s", kind.name, error)
                await _unless(stop, random.uniform(0.25, 0.5))

    async def _pull_from(
        self, consumer: wire.RegisterWorkerReply, kind: _JobType, jobs: set[asyncio.Task[None]], stop: asyncio.Event
    ) -> None:
        inbox = self._nats.new_inbox()
        arrived = await self._nats.subscribe(inbox)
        stopped = asyncio.create_task(stop.wait())
        following = asyncio.create_task(arrived.next_msg(SILENCE))
        asked = 0
        try:
            while not stop.is_set():
                room = kind.at_once - len(jobs) - asked
                if room > 0 and (asked == 0 or room * 4 >= kind.at_once):
                    wanted = {"batch": room, "expires": int(REQUEST_EXPIRES * 1e9), "idle_heartbeat": int(IDLE_HEARTBEAT * 1e9)}
                    subject = f"$JS.API.CONSUMER.MSG.NEXT.{consumer.stream}.{consumer.consumer}"
                    await self._nats.publish(subject, json.dumps(wanted).encode(), reply=inbox)
                    asked += room
                await asyncio.wait([following, stopped, *jobs], return_when=asyncio.FIRST_COMPLETED)
                jobs -= {job for job in jobs if job.done()}
                if following.done() and not stop.is_set():
                    try:
                        message: Msg | None = following.result()
                    except nats.errors.TimeoutError:
                        if asked > 0:
                            raise
                        message = None
                    following = asyncio.create_task(arrived.next_msg(SILENCE))
                    if message is not None:
                        asked = max(asked - self._receive(message, kind, jobs), 0)
        finally:
            stopped.cancel()
            await self._give_back(arrived, following)

    def _receive(self, message: Msg, kind: _JobType, jobs: set[asyncio.Task[None]]) -> int:
        """How many of the messages asked for this settles."""
        headers = message.headers or {}
        status = headers.get("Status")
        if status is None:
            task = asyncio.create_task(self._process(message, kind))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            jobs.add(task)
            return 1
        if status == "100":
            return 0
        if status in ("404", "408"):
            return int(headers.get("Nats-Pending-Messages", 1 << 30))
        raise nats.errors.Error(f"the server ended the request: {status} {headers.get('Description', '')}")

    async def _give_back(self, arrived: Any, following: asyncio.Task[Msg]) -> None:
        """What has come and is not begun goes to other workers."""
        try:
            while True:
                message = await asyncio.wait_for(following, 0.2)
                if not (message.headers or {}).get("Status"):
                    await self._nats.publish(message.reply, b"-NAK")
                following = asyncio.create_task(arrived.next_msg(0.2))
        except (nats.errors.Error, asyncio.TimeoutError):
            pass
        try:
            await arrived.unsubscribe()
        except nats.errors.Error:
            pass

    async def _process(self, message: Msg, kind: _JobType) -> None:
        try:
            job: Job[Any] = Job(wire.Job.decode(message.data), self._ask, self._show)
        except ValueError as error:
            log.error("a job cannot be read: %s", error)
            await self._nats.publish(message.reply, b"+TERM")
            return
        if await self._is_settled(job, message):
            await self._nats.publish(message.reply, b"+ACK")
            return
        if job.id in self._held:
            if self._held[job.id].job.attempt != job.attempt:
                await self._nats.publish(message.reply, _nak(0.1))
            return
        held = self._held[job.id] = _Held(job, message)
        held.work = asyncio.create_task(self._work(job, kind))
        begun = time.monotonic()
        self._metrics.started(kind.name)
        outcome = "canceled"
        try:
            result = await self._unless_cancelled(held)
            if result is not None:
                outcome = _name_of(result)
                await self._report(job, result)
        finally:
            del self._held[job.id]
            self._metrics.finished(kind.name, outcome, time.monotonic() - begun)
        self._finished[job.id] = job.attempt
        while len(self._finished) > REMEMBERED:
            self._finished.popitem(last=False)
        await self._nats.publish(message.reply, b"+ACK")

    async def _is_settled(self, job: Job[Any], message: Msg) -> bool:
        if self._finished.get(job.id, 0) >= job.attempt:
            return True
        parts = message.reply.split(".")
        delivered = parts[6 if len(parts) >= 11 else 4] if len(parts) >= 9 else "1"
        return delivered != "1" and job.id in await self._unwanted([job.id])

    async def _work(self, job: Job[Any], kind: _JobType) -> wire.JobResult:
        result = wire.JobResult(
            job_id=job.id, attempt=job.attempt, tenant=job.tenant, worker=self._name, epoch=job.epoch
        )
        try:
            for limit in kind.limits:
                await limit.wait(self._nats)
            await job.load(kind.input_type)
            variables = variables_of(await wrapped(kind.handler, self._middleware)(job))
            result.completed = wire.JobCompleted(json.dumps(variables).encode())
        except BpmnError as error:
            result.error = wire.JobError(error.code, str(error), json.dumps(error.variables).encode())
        except Asks as asks:
            result.asked = asks.question.to_wire()
        except Bug as error:
            result.failed = wire.JobFailed(str(error), retryable=False)
        except Retryable as error:
            after = None if error.after is None else int(error.after * 1000)
            result.failed = wire.JobFailed(str(error), retryable=True, retry_after_ms=after)
        except Exception as error:  # anything else may work next time
            result.failed = wire.JobFailed(f"{type(error).__name__}: {error}", retryable=True)
        return result

    async def _unless_cancelled(self, held: _Held) -> wire.JobResult | None:
        """The result; none when the job is no longer wanted. A handler that does not notice is ended."""
        assert held.work is not None
        cancelled = asyncio.create_task(held.job.cancelled.wait())
        await asyncio.wait([held.work, cancelled], return_when=asyncio.FIRST_COMPLETED)
        cancelled.cancel()
        if held.job.cancelled.is_set():
            await asyncio.wait([held.work], timeout=CANCEL_GRACE)
            held.work.cancel()
            return None
        return held.work.result()

    async def _report(self, job: Job[Any], result: wire.JobResult) -> None:
        """Until the engine has the result or does not want it. The job is still held meanwhile."""
        pause = 0.1
        while True:
            try:
                answer = await self._nats.request(wire.result_subject(job.instance_id), result.encode(), timeout=10)
                reply = wire.JobResultReply.decode(answer.data)
                if reply.status in (wire.APPLIED, wire.STALE):
                    return
                if reply.status == wire.INVALID:
                    log.warning("the engine cannot apply the result of %s: %s", job.id, reply.message)
                    return
            except (nats.errors.Error, asyncio.TimeoutError, ValueError) as error:
                log.warning("the result of %s is not answered, sending it again: %s", job.id, error)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, 5.0)

    async def _unwanted(self, job_ids: list[str]) -> list[str]:
        """Those that nobody wants any more; no answer means that all are wanted."""
        try:
            reply = await self._ask("heartbeat", wire.Heartbeat(self._name, job_ids), 2.0)
            return wire.HeartbeatReply.decode(reply).canceled_job_ids
        except (ApiError, nats.errors.Error, asyncio.TimeoutError, ValueError):
            return []

    async def _keep_leases(self) -> None:
        """Signs of life of every job in hand, well within the acknowledgement wait."""
        while True:
            await asyncio.sleep(self._ack_wait / 4)
            try:
                for held in list(self._held.values()):
                    await self._nats.publish(held.message.reply, b"+WPI")
                ids = list(self._held)
                for start in range(0, len(ids), 1000):
                    for job_id in await self._unwanted(ids[start : start + 1000]):
                        self._cancel(job_id, 0)
            except nats.errors.Error as error:
                log.warning("signs of life could not be given: %s", error)

    async def _cancel_told(self, message: Msg) -> None:
        cancel = wire.CancelJob.decode(message.data)
        self._cancel(cancel.job_id, cancel.attempt)

    def _cancel(self, job_id: str, attempt: int) -> None:
        held = self._held.get(job_id)
        if held and attempt in (0, held.job.attempt):
            held.job.cancelled.set()

    def _show(self, live: wire.Live) -> None:
        subject = f"live.{wire.token(live.tenant)}.{live.instance_id}"
        asyncio.ensure_future(self._nats.publish(subject, live.encode()))

    async def _finish(self) -> None:
        """Running jobs may go on for a while; those that do not end are given back."""
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=self._drain)
        for held in list(self._held.values()):
            if held.work:
                held.work.cancel()
            await self._nats.publish(held.message.reply, _nak(0.5))


def input_type(handler: Handler) -> Any:
    """What stands in the handler's `Job[…]`; a dict where nothing does."""
    hints = [hint for name, hint in typing.get_type_hints(handler).items() if name != "return"]
    given = typing.get_args(hints[0]) if hints else ()
    return given[0] if given else dict


def variables_of(output: Any) -> dict[str, Any]:
    """A dict's items are variables; any other value is the task's result."""
    return output if isinstance(output, dict) else {} if output is None else {"result": output}


def wrapped(handler: Handler, middleware: Sequence[Middleware]) -> Handler:
    """The handler with these around it, the first outermost."""
    for around in reversed(middleware):
        handler = _inside(around, handler)
    return handler


def _inside(around: Middleware, inner: Handler) -> Handler:
    async def call(job: Job[Any]) -> Any:
        return await around(job, inner)

    return call


def _name_of(result: wire.JobResult) -> str:
    if result.failed is not None:
        return "retryable" if result.failed.retryable else "bug"
    if result.asked is not None:
        return "asks"
    return "error" if result.error is not None else "completed"


def _nak(seconds: float) -> bytes:
    return b"-NAK " + json.dumps({"delay": int(seconds * 1e9)}).encode()


async def _unless(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except asyncio.TimeoutError:
        pass


def _stopped_by_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop


async def _connect(url: str, name: str, health: Health) -> Client:
    """With the credentials and certificates that the environment names, as every worker of Baton."""
    env = {key: value for key, value in os.environ.items() if key.startswith("BATON_NATS_") and value}
    options: dict[str, Any] = {"name": name, "max_reconnect_attempts": -1, "ping_interval": 5, "reconnect_time_wait": 0.5}
    if "BATON_NATS_CREDS" in env:
        options["user_credentials"] = env["BATON_NATS_CREDS"]
    if "BATON_NATS_USER" in env:
        options["user"], options["password"] = env["BATON_NATS_USER"], env.get("BATON_NATS_PASSWORD", "")
    if "BATON_NATS_TOKEN" in env:
        options["token"] = env["BATON_NATS_TOKEN"]
    if "BATON_NATS_CA" in env or "BATON_NATS_CERT" in env:
        options["tls"] = ssl.create_default_context(cafile=env.get("BATON_NATS_CA"))
        if "BATON_NATS_CERT" in env:
            options["tls"].load_cert_chain(env["BATON_NATS_CERT"], env.get("BATON_NATS_KEY"))

    async def failed(error: Exception) -> None:
        log.debug("NATS: %s", error)

    async def connected() -> None:
        health.components["nats"] = True

    async def disconnected() -> None:
        health.components["nats"] = False

    await disconnected()
    while True:
        try:
            client = await nats.connect(
                url, error_cb=failed, reconnected_cb=connected, disconnected_cb=disconnected, **options
            )
            await connected()
            return client
        except (OSError, nats.errors.NoServersError, asyncio.TimeoutError) as error:
            log.warning("cannot reach NATS yet: %s", error)
            await asyncio.sleep(0.5)
