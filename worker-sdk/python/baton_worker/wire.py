"""The messages of `proto/baton/v1` that a worker needs, and the names of the subjects.

The encoding of Protocol Buffers is small enough to be written here once; a test holds the field numbers and types
against the `.proto` files. Fields that are not known are skipped, as the wire's rules say.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, fields
from typing import Any, Iterator, Self

WIRE_VERSION = 1
OLDEST_WIRE_VERSION = 0
RESULT_PARTITIONS = 64


def of(number: int, kind: str, default: Any = None, message: type[Message] | None = None) -> Any:
    """A field: its number, and its type in the language of `.proto` files (`repeated` before it where it is many)."""
    metadata = {"number": number, "kind": kind, "message": message}
    if kind.startswith("repeated "):
        return field(default_factory=list, metadata=metadata)
    return field(default=default, metadata=metadata)


class Message:
    """A message; `None` stands for a field that is not there."""

    def encode(self) -> bytes:
        out = bytearray()
        for spec in fields(self):  # type: ignore[arg-type]
            value, kind = getattr(self, spec.name), str(spec.metadata["kind"])
            values = value if kind.startswith("repeated ") else [value]
            for one in values:
                # what is the default need not travel, unless whether it is there means something
                if one is None or (one == spec.default and not spec.metadata["message"]):
                    continue
                out += _field(spec.metadata["number"], kind.removeprefix("repeated "), one)
        return bytes(out)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        message = cls()
        specs = {spec.metadata["number"]: spec for spec in fields(cls)}  # type: ignore[arg-type]
        for number, raw in _raw_fields(data):
            spec = specs.get(number)
            if spec is None:
                continue
            kind, nested = str(spec.metadata["kind"]), spec.metadata["message"]
            value = nested.decode(raw) if nested else _value(kind.removeprefix("repeated "), raw)
            if kind.startswith("repeated "):
                getattr(message, spec.name).append(value)
            else:
                setattr(message, spec.name, value)
        return message


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, kind: str, value: Any) -> bytes:
    if kind == "double":
        return _varint(number << 3 | 1) + struct.pack("<d", value)
    if kind in ("uint32", "uint64", "int64", "bool", "enum"):
        return _varint(number << 3) + _varint(int(value))
    data = value.encode() if isinstance(value, (str, Message)) else bytes(value)
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _value(kind: str, raw: Any) -> Any:
    if kind == "string":
        return raw.decode()
    if kind == "bool":
        return bool(raw)
    if kind == "int64":
        return raw - (1 << 64) if raw >> 63 else raw
    if kind == "double":
        return struct.unpack("<d", raw)[0]
    return raw


def _raw_fields(data: bytes) -> Iterator[tuple[int, Any]]:
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            if at >= len(data) or shift > 63:
                raise ValueError("a message is cut off")
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def taken(length: int) -> bytes:
        nonlocal at
        if at + length > len(data):
            raise ValueError("a message is cut off")
        at += length
        return data[at - length : at]

    while at < len(data):
        number, wire_type = divmod(varint(), 8)
        if wire_type == 0:
            yield number, varint()
        elif wire_type == 2:
            yield number, taken(varint())
        elif wire_type in (1, 5):
            yield number, taken(8 if wire_type == 1 else 4)
        else:
            raise ValueError(f"a message has a field of wire type {wire_type}")


@dataclass
class Answer(Message):
    question: str = of(1, "string", "")
    values: bytes | None = of(2, "bytes")
    by: str | None = of(3, "string")
    at: int = of(4, "int64", 0)
    expires: int | None = of(5, "int64")


@dataclass
class FormField(Message):
    name: str = of(1, "string", "")
    label: str | None = of(2, "string")
    type: str = of(3, "string", "")
    required: bool = of(4, "bool", False)
    options: list[str] = of(5, "repeated string")


@dataclass
class Question(Message):
    id: str = of(1, "string", "")
    title: str = of(2, "string", "")
    text: str | None = of(3, "string")
    candidate_groups: list[str] = of(5, "repeated string")
    candidate_users: list[str] = of(6, "repeated string")
    form_fields: list[FormField] = of(8, "repeated FormField", message=FormField)
    data: bytes = of(9, "bytes", b"")
    expires_after_ms: int | None = of(10, "uint64")


@dataclass
class Job(Message):
    id: str = of(1, "string", "")
    attempt: int = of(2, "uint32", 0)
    tenant: str = of(3, "string", "")
    type: str = of(4, "string", "")
    instance_id: str = of(5, "string", "")
    key: int = of(6, "uint64", 0)
    process_id: str = of(7, "string", "")
    process_version: int = of(8, "uint32", 0)
    element_id: str = of(9, "string", "")
    element_name: str = of(10, "string", "")
    variables: bytes = of(11, "bytes", b"")
    task: bytes = of(12, "bytes", b"")
    timeout_ms: int = of(13, "uint64", 0)
    retries_left: int = of(14, "uint32", 0)
    created_at: int = of(15, "int64", 0)
    left_out: list[str] = of(16, "repeated string")
    answers: list[Answer] = of(17, "repeated Answer", message=Answer)
    epoch: str = of(18, "string", "")


@dataclass
class JobCompleted(Message):
    variables: bytes = of(1, "bytes", b"")


@dataclass
class JobFailed(Message):
    message: str = of(1, "string", "")
    retryable: bool = of(2, "bool", False)
    retry_after_ms: int | None = of(3, "uint64")


@dataclass
class JobError(Message):
    code: str = of(1, "string", "")
    message: str = of(2, "string", "")
    variables: bytes = of(3, "bytes", b"")


@dataclass
class JobResult(Message):
    job_id: str = of(1, "string", "")
    attempt: int = of(2, "uint32", 0)
    tenant: str = of(3, "string", "")
    completed: JobCompleted | None = of(4, "JobCompleted", message=JobCompleted)
    failed: JobFailed | None = of(5, "JobFailed", message=JobFailed)
    error: JobError | None = of(6, "JobError", message=JobError)
    worker: str = of(7, "string", "")
    asked: Question | None = of(9, "Question", message=Question)
    epoch: str = of(10, "string", "")


APPLIED, STALE, RETRY, INVALID = 1, 2, 3, 4


@dataclass
class JobResultReply(Message):
    status: int = of(1, "enum", 0)
    message: str = of(2, "string", "")


@dataclass
class Heartbeat(Message):
    worker: str = of(1, "string", "")
    job_ids: list[str] = of(2, "repeated string")


@dataclass
class HeartbeatReply(Message):
    canceled_job_ids: list[str] = of(1, "repeated string")


@dataclass
class CancelJob(Message):
    job_id: str = of(1, "string", "")
    attempt: int = of(2, "uint32", 0)


@dataclass
class Progress(Message):
    progress: float = of(1, "double", 0.0)
    status: str = of(2, "string", "")
    message: str = of(3, "string", "")


@dataclass
class LogLine(Message):
    level: str = of(1, "string", "")
    message: str = of(2, "string", "")


@dataclass
class Live(Message):
    tenant: str = of(1, "string", "")
    instance_id: str = of(2, "string", "")
    element_id: str = of(3, "string", "")
    job_id: str = of(4, "string", "")
    attempt: int = of(5, "uint32", 0)
    at: int = of(6, "int64", 0)
    progress: Progress | None = of(7, "Progress", message=Progress)
    log: LogLine | None = of(12, "LogLine", message=LogLine)


@dataclass
class RegisterWorkerRequest(Message):
    job_type: str = of(1, "string", "")
    wire_version: int = of(2, "uint32", 0)


@dataclass
class RegisterWorkerReply(Message):
    stream: str = of(1, "string", "")
    consumer: str = of(2, "string", "")
    ack_wait_ms: int = of(3, "uint64", 0)
    wire_version: int = of(4, "uint32", 0)


@dataclass
class GetVariableRequest(Message):
    tenant: str = of(1, "string", "")
    instance_id: str = of(2, "string", "")
    key: int = of(3, "uint64", 0)
    name: str = of(4, "string", "")
    offset: int = of(5, "uint64", 0)


@dataclass
class GetVariableReply(Message):
    part: bytes = of(1, "bytes", b"")
    total: int = of(2, "uint64", 0)
    digest: bytes = of(3, "bytes", b"")


@dataclass
class Problem(Message):
    code: str = of(1, "string", "")
    message: str = of(2, "string", "")
    status: int = of(3, "uint32", 0)


@dataclass
class ApiReply(Message):
    ok: bytes | None = of(1, "bytes")
    problem: Problem | None = of(2, "Problem", message=Problem)


def token(text: str) -> str:
    """One subject token for any text."""
    plain = "".join(chr(b) if chr(b).isascii() and (chr(b).isalnum() or b in b"-_") else f"%{b:02X}" for b in text.encode())
    return plain or "%"


def result_subject(instance_id: str) -> str:
    total = 0
    for byte in instance_id.encode():
        total = (total * 31 + byte) & 0xFFFFFFFF
    return f"results.{total % RESULT_PARTITIONS}"
