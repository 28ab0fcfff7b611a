"""Tests of handlers without servers: a job is made up, the handler runs, and the outcome is looked at.

    outcome = await run(charge, {"total": 12.5})
    assert outcome.variables == {"result": "receipt-…"}
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence

from . import wire
from .job import Job
from .worker import Handler, Middleware, input_type, variables_of, wrapped


@dataclass
class Outcome:
    """The variables that would be reported, or the failure; and what was shown while it ran."""

    variables: dict[str, Any] | None = None
    failure: Exception | None = None
    shown: list[wire.Live] = field(default_factory=list)


async def run(
    handler: Handler,
    variables: Mapping[str, Any] | None = None,
    *,
    task: Mapping[str, Any] | None = None,
    attempt: int = 1,
    answers: Mapping[str, Mapping[str, Any] | None] | None = None,
    cancelled: bool = False,
    middleware: Sequence[Middleware] = (),
) -> Outcome:
    """Runs a handler for a made-up job. A failure of any kind is in the outcome, as it was raised. `answers` are those of people, by the
    id of the question; None: nobody has answered in time."""
    instance = str(uuid.uuid4())
    message = wire.Job(id=f"{instance}:1", instance_id=instance, key=1, attempt=attempt, tenant="test")
    message.variables, message.task = json.dumps(variables or {}).encode(), json.dumps(task or {}).encode()
    for question, values in (answers or {}).items():
        given = None if values is None else json.dumps(values).encode()
        message.answers.append(wire.Answer(question, given, "somebody"))
    message.process_id, message.element_id, message.retries_left = "test", "task", 3
    outcome = Outcome()
    job: Job[Any] = Job(message, show=outcome.shown.append)
    if cancelled:
        job.cancelled.set()
    try:
        await job.load(input_type(handler))
        outcome.variables = variables_of(await wrapped(handler, middleware)(job))
    except Exception as failure:
        outcome.failure = failure
    return outcome
