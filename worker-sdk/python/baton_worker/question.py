"""Questions to people in the midst of a job.

    answer = job.ask(Question("refund", "May this be paid back?", [choice("decision", "approve", "reject")], groups=["accounting"]))

Without an answer the attempt ends there: nothing is held while the person thinks, and the handler begins again, as the next
attempt, with the answer. An answer is known by the id of its question, which is unique within the job.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence

from . import wire


@dataclass(frozen=True)
class Field:
    """Of the form; its types are those of user tasks: text, multiline, number, boolean, date, select, file, json."""

    name: str
    type: str = "text"
    label: str | None = None
    required: bool = False
    options: Sequence[str] = ()


def choice(name: str, *options: str) -> Field:
    """One of several; has to be answered."""
    return Field(name, "select", required=True, options=options)


@dataclass(frozen=True)
class Question:
    """A task for a person, in the inbox like any other. Without users and groups everybody may answer who does tasks."""

    id: str
    title: str
    fields: Sequence[Field] = ()
    text: str | None = None
    groups: Sequence[str] = ()
    users: Sequence[str] = ()
    #: What to know, by name; under the name of a field: what it begins with.
    show: Mapping[str, Any] = field(default_factory=dict)
    #: Nobody is waited for longer, in seconds.
    within: float | None = None

    def to_wire(self) -> wire.Question:
        fields = [wire.FormField(it.name, it.label, it.type, it.required, list(it.options)) for it in self.fields]
        asked = wire.Question(id=self.id, title=self.title, text=self.text, form_fields=fields)
        asked.candidate_groups, asked.candidate_users = list(self.groups), list(self.users)
        asked.data = json.dumps(dict(self.show)).encode()
        asked.expires_after_ms = None if self.within is None else int(self.within * 1000)
        return asked


@dataclass(frozen=True)
class Answer:
    """What became of a question. `values` is None when nobody has answered in time; `at` and `expires` are milliseconds since 1970."""

    values: dict[str, Any] | None
    by: str | None
    at: int
    expires: int | None

    def is_expired(self) -> bool:
        """Whether what it allows is not allowed any more, or never was: to be asked just before it is used."""
        return self.values is None or (self.expires is not None and self.expires <= time.time() * 1000)

    @classmethod
    def of(cls, answer: wire.Answer) -> Answer:
        values = None if answer.values is None else json.loads(answer.values)
        return cls(values, answer.by, answer.at, answer.expires)
