"""What a handler is given: the job's data, and the means to show progress and to notice that nobody wants it any more."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
import typing
from typing import Any, AsyncIterator, Awaitable, Callable, Generic, Mapping, TypeVar

from . import wire
from .failure import Asks, Bug, Retryable
from .question import Answer, Question

I = TypeVar("I")

Ask = Callable[[str, wire.Message], Awaitable[bytes]]
Show = Callable[[wire.Live], None]


class Job(Generic[I]):
    """One attempt at one job, with its variables as `input`: a dict, or the dataclass that the handler's annotation names."""

    def __init__(self, message: wire.Job, ask: Ask | None = None, show: Show | None = None) -> None:
        self._message, self._ask, self._show = message, ask, show
        self.variables: dict[str, Any] = _object(message.variables)
        self.task: dict[str, Any] = _object(message.task)
        self.cancelled = asyncio.Event()
        self.input: I

    @property
    def id(self) -> str:
        """`<instance>:<key>`: the same in every attempt, so the idempotency key towards the outside."""
        return self._message.id

    @property
    def attempt(self) -> int:
        """Counts from 1."""
        return self._message.attempt

    @property
    def epoch(self) -> str:
        """Which life of the database it belongs to; goes back with the result."""
        return self._message.epoch

    @property
    def retries_left(self) -> int:
        return self._message.retries_left

    @property
    def tenant(self) -> str:
        return self._message.tenant

    @property
    def type(self) -> str:
        return self._message.type

    @property
    def instance_id(self) -> str:
        return self._message.instance_id

    @property
    def process_id(self) -> str:
        return self._message.process_id

    @property
    def element_id(self) -> str:
        return self._message.element_id

    def progress(self, progress: float, message: str = "", status: str = "executing") -> None:
        """Shows how far the job is (0 to 1) and what it does. Best effort; never waits."""
        live = self._live()
        live.progress = wire.Progress(progress=min(max(progress, 0.0), 1.0), status=status, message=message)
        self._tell(live)

    def log(self, message: str, level: str = "info") -> None:
        """A line beside what happens on the page (level: debug, info, warning, error). Not history; cut at 4 KiB."""
        live = self._live()
        live.log = wire.LogLine(level, message.encode()[:4096].decode(errors="ignore"))
        self._tell(live)

    def _live(self) -> wire.Live:
        job = self._message
        live = wire.Live(tenant=job.tenant, instance_id=job.instance_id, element_id=job.element_id, job_id=job.id)
        live.attempt, live.at = job.attempt, int(time.time() * 1000)
        return live

    def _tell(self, live: wire.Live) -> None:
        if self._show is not None:
            self._show(live)

    def ask(self, question: Question) -> Answer:
        """Asks a person. With the answer, when it is there; without one the attempt ends here, and the handler begins again with
        it: what comes before is done again, so make that harmless, or ask first."""
        for answer in reversed(self._message.answers):
            if answer.question == question.id:
                return Answer.of(answer)
        raise Asks(question)

    async def variable(self, name: str) -> Any:
        """The value of one variable as it is now, also of one that was too large to travel with the job."""
        return json.loads(b"".join([part async for part in self.variable_parts(name)]))

    async def variable_parts(self, name: str) -> AsyncIterator[bytes]:
        """The JSON of one variable in parts, as they come."""
        if name in self.variables or self._ask is None:
            yield json.dumps(self.variables[name]).encode()
            return
        request = wire.GetVariableRequest(self.tenant, self.instance_id, self._message.key, name)
        digest: bytes | None = None
        while True:
            reply = wire.GetVariableReply.decode(await self._ask("get_variable", request))
            if digest is not None and reply.digest != digest:
                raise Retryable(f"the variable `{name}` has changed meanwhile")
            digest = reply.digest
            request.offset += len(reply.part)
            yield reply.part
            if request.offset >= reply.total:
                return
            if not reply.part:
                raise Retryable(f"the variable `{name}` has changed meanwhile")

    async def load(self, input_type: Any) -> None:
        """Asks for the large variables that the input type has fields for (a dict has all), and makes the input."""
        is_typed = dataclasses.is_dataclass(input_type)
        wanted = {spec.name for spec in dataclasses.fields(input_type)} if is_typed else None
        for name in self._message.left_out:
            if name not in self.variables and (wanted is None or name in wanted):
                self.variables[name] = await self.variable(name)
        self.input = _made(input_type, self.variables, f"the variables at `{self.element_id}`")


def _object(data: bytes) -> dict[str, Any]:
    value = json.loads(data) if data else {}
    if not isinstance(value, dict):
        raise ValueError("variables and task of a job are objects")
    return value


def _made(kind: Any, value: Any, what: str) -> Any:
    """JSON as a dataclass, or as it is. What does not fit is a bug."""
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, Mapping):
            raise Bug(f"{what} do not fit this worker: not an object")
        hints, made = typing.get_type_hints(kind), {}
        for spec in dataclasses.fields(kind):
            if spec.name in value:
                made[spec.name] = _made(hints[spec.name], value[spec.name], f"{what}: `{spec.name}`")
            elif spec.default is dataclasses.MISSING and spec.default_factory is dataclasses.MISSING:
                raise Bug(f"{what} do not fit this worker: `{spec.name}` is missing")
        constructor: Any = kind
        return constructor(**made)
    if not _fits(kind, value):
        raise Bug(f"{what} do not fit this worker: not of type {getattr(kind, '__name__', kind)}")
    return value


def _fits(kind: Any, value: Any) -> bool:
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind in (str, bool):
        return isinstance(value, kind)
    origin = typing.get_origin(kind)
    if origin in (list, dict):
        return isinstance(value, origin)
    return True
