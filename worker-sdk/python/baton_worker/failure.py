"""The three ways a job can fail; they differ in who has to act. Any other exception is retryable."""

from __future__ import annotations

from typing import Any, Mapping

from .question import Question


class JobFailure(Exception):
    """Why a handler could not do its job."""


class Retryable(JobFailure):
    """Trying again can help. The engine waits as the definition says, or `after` seconds."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class BpmnError(JobFailure):
    """What the process expects to go wrong: caught by the error boundary event with this code."""

    def __init__(self, code: str, message: str = "", variables: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.variables = dict(variables or {})


class Asks(JobFailure):
    """A person has to answer first; raised by `job.ask`."""

    def __init__(self, question: Question) -> None:
        super().__init__(f"a person is asked: {question.title}")
        self.question = question


class Bug(JobFailure):
    """Trying again cannot help: an incident at once, for a person to resolve."""
