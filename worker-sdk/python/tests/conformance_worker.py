"""The worker that the conformance tests (`engine/tests/conformance`) run: the same job types as theirs in Rust."""

import asyncio
import logging
import sys
from dataclasses import dataclass
from typing import Any

from baton_worker import BpmnError, Bug, Handler, Job, Question, Rate, Retryable, Worker, choice

logging.basicConfig(stream=sys.stderr)
worker = Worker(drain=10)


@dataclass
class Number:
    n: int


@dataclass
class Document:
    document: str


@worker.middleware
async def marked(job: Job[Any], call: Handler) -> Any:
    if job.type == "marked":
        job.log("inside the middleware")
    return await call(job)


@worker.job("double")
async def double(job: Job[Number]) -> int:
    return job.input.n * 2


@worker.job("object")
async def several(job: Job[dict[str, Any]]) -> dict[str, Any]:
    return {"a": 1, "result": {"id": job.id, "attempt": job.attempt, "task": job.task["topic"]}}


@worker.job("bpmn-error")
async def bpmn_error(job: Job[dict[str, Any]]) -> None:
    raise BpmnError("NO_MONEY", "nothing left", {"missing": 12})


@worker.job("second-time")
async def second_time(job: Job[dict[str, Any]]) -> int:
    if job.attempt == 1:
        raise Retryable("busy", after=0.05)
    return job.attempt


@worker.job("crash-once")
async def crash_once(job: Job[dict[str, Any]]) -> int:
    if job.attempt == 1:
        raise RuntimeError("a crash")
    return job.attempt


@worker.job("bug")
async def bug(job: Job[dict[str, Any]]) -> None:
    raise Bug("trying again cannot help")


@worker.job("large")
async def large(job: Job[Document]) -> int:
    return len(job.input.document)


@worker.job("parts")
async def parts(job: Job[Number]) -> int:
    return sum([len(part) async for part in job.variable_parts("document")])


@worker.job("until-cancelled")
async def until_cancelled(job: Job[dict[str, Any]]) -> None:
    job.progress(0.5, "waiting")
    await job.cancelled.wait()
    job.progress(1.0, "noticed")


@worker.job("marked", shared_rate=("conformance", Rate(10, burst=3)))
async def mark(job: Job[dict[str, Any]]) -> int:
    return job.attempt


@worker.job("asks")
async def asks(job: Job[dict[str, Any]]) -> Any:
    question = Question("may-it", "May it?", [choice("decision", "approve", "reject")], groups=["bosses"], show={"amount": 7})
    answer = job.ask(question)
    return {"result": {"decision": answer.values and answer.values["decision"], "by": answer.by, "attempt": job.attempt}}


@worker.job("slow")
async def slow(job: Job[dict[str, Any]]) -> str:
    job.progress(0.5, "begun")
    await asyncio.sleep(1.5)
    return "done"


asyncio.run(worker.run())
