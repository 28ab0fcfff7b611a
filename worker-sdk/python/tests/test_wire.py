"""The messages fit `proto/baton/v1`, survive a round trip, and come to the same bytes as the protocol says."""

import re
import unittest
from dataclasses import fields
from pathlib import Path

from baton_worker import wire
from baton_worker.job import Job
from baton_worker.failure import Bug
from dataclasses import dataclass

PROTO = Path(__file__).resolve().parents[3] / "proto" / "baton" / "v1"


def declared() -> dict[str, dict[str, tuple[int, str]]]:
    """Field numbers and types of the messages in the `.proto` files."""
    messages: dict[str, dict[str, tuple[int, str]]] = {}
    text = re.sub(r"//.*", "", "".join((PROTO / name).read_text() for name in ("job.proto", "api.proto", "history.proto")))
    for name, body in re.findall(r"message (\w+) \{(.*?)\n\}", text, re.S):
        found = re.findall(r"(repeated |optional )?([\w.]+) (\w+) = (\d+);", body)
        messages[name] = {
            field: (int(number), ("repeated " if label == "repeated " else "") + kind)
            for label, kind, field, number in found
        }
    return messages


class Wire(unittest.TestCase):
    def test_every_field_is_as_declared(self) -> None:
        messages = declared()
        kinds = [kind for kind in vars(wire).values() if isinstance(kind, type) and issubclass(kind, wire.Message)]
        self.assertGreater(len(kinds), 12)
        for kind in kinds:
            if kind is wire.Message:
                continue
            for spec in fields(kind):  # type: ignore[arg-type]
                number, declared_kind = messages[kind.__name__][spec.name]
                ours = spec.metadata["kind"]
                self.assertEqual(spec.metadata["number"], number, f"{kind.__name__}.{spec.name}")
                self.assertTrue(ours == declared_kind or (ours == "enum" and declared_kind == "Status"), spec.name)

    def test_bytes_are_those_of_the_protocol(self) -> None:
        self.assertEqual(wire.CancelJob("a:1", 300).encode(), b"\x0a\x03a:1\x10\xac\x02")
        self.assertEqual(wire.JobFailed("m", False, 0).encode(), b"\x0a\x01m\x18\x00")

    def test_what_was_encoded_is_decoded_and_unknown_fields_are_skipped(self) -> None:
        job = wire.Job(id="i:1", attempt=2, variables=b"{}", left_out=["a", "b"], created_at=-5)
        self.assertEqual(wire.Job.decode(job.encode() + b"\xf8\x07\x01\xf2\x07\x02xx"), job)
        result = wire.JobResult(job_id="i:1", completed=wire.JobCompleted())
        self.assertEqual(wire.JobResult.decode(result.encode()), result)
        with self.assertRaises(ValueError):
            wire.Job.decode(b"\x0a\x05ab")

    def test_subjects(self) -> None:
        self.assertEqual([wire.token(text) for text in ("a.b *", "", "file-storage")], ["a%2Eb%20%2A", "%", "file-storage"])


@dataclass
class Order:
    total: float
    note: str = ""


class Input(unittest.IsolatedAsyncioTestCase):
    async def test_variables_become_the_input_type(self) -> None:
        job: Job[Order] = Job(wire.Job(variables=b'{"total": 3, "more": []}'))
        await job.load(Order)
        self.assertEqual(job.input, Order(3))

    async def test_what_does_not_fit_is_a_bug(self) -> None:
        for variables in (b"{}", b'{"total": "3"}'):
            with self.assertRaises(Bug):
                await Job(wire.Job(variables=variables)).load(Order)


if __name__ == "__main__":
    unittest.main()
