"""Health and metrics over HTTP, under the same paths and names as those of workers in Rust."""

from __future__ import annotations

import asyncio
import json
from bisect import bisect_left
from collections import Counter

# Seconds: from a quick lookup to an agent's run.
BUCKETS = (0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0, 600.0)
LONGEST_REQUEST = 8192


class Metrics:
    """Jobs by outcome (completed, retryable, error, bug, canceled), how long they take, how many run."""

    def __init__(self) -> None:
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._in_flight: Counter[str] = Counter()
        self._seconds: dict[str, tuple[list[int], float]] = {}

    def started(self, job_type: str) -> None:
        self._in_flight[job_type] += 1

    def finished(self, job_type: str, outcome: str, took: float) -> None:
        self._in_flight[job_type] -= 1
        self._outcomes[job_type, outcome] += 1
        counts, total = self._seconds.get(job_type, ([0] * (len(BUCKETS) + 1), 0.0))
        counts[bisect_left(BUCKETS, took)] += 1
        self._seconds[job_type] = counts, total + took

    def text(self) -> str:
        """As OpenMetrics."""
        lines = ["# HELP baton_worker_jobs Jobs that were handled, by outcome.", "# TYPE baton_worker_jobs counter"]
        for (job_type, outcome), count in self._outcomes.items():
            lines.append(f'baton_worker_jobs_total{{job_type="{_label(job_type)}",outcome="{outcome}"}} {count}')
        name = "baton_worker_job_duration_seconds"
        lines += [f"# HELP {name} Time in the handler.", f"# TYPE {name} histogram"]
        for job_type, (counts, total) in self._seconds.items():
            label, below = f'job_type="{_label(job_type)}"', 0
            lines += [f"{name}_sum{{{label}}} {total}", f"{name}_count{{{label}}} {sum(counts)}"]
            for bound, count in zip([*map(str, BUCKETS), "+Inf"], counts):
                below += count
                lines.append(f'{name}_bucket{{le="{bound}",{label}}} {below}')
        name = "baton_worker_jobs_in_flight"
        lines += [f"# HELP {name} Jobs being handled.", f"# TYPE {name} gauge"]
        lines += [f'{name}{{job_type="{_label(job_type)}"}} {count}' for job_type, count in self._in_flight.items()]
        return "\n".join([*lines, "# EOF", ""])


def _label(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class Health:
    """Ready when at least one component has spoken and all are well."""

    def __init__(self) -> None:
        self.components: dict[str, bool] = {}

    def is_ready(self) -> bool:
        return bool(self.components) and all(self.components.values())


async def serve(address: str, health: Health, metrics: Metrics) -> asyncio.Server:
    """Listens on `host:port`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            status, kind, body = _answer(asked.split(b" ", 2)[1].decode(errors="replace"), health, metrics)
            head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        except (OSError, EOFError, IndexError, asyncio.TimeoutError, asyncio.LimitOverrunError):
            pass  # whoever asked is gone, or says nothing that can be understood
        finally:
            writer.close()

    host, _, port = address.rpartition(":")
    return await asyncio.start_server(answer, host or "127.0.0.1", int(port), limit=LONGEST_REQUEST)


def _answer(path: str, health: Health, metrics: Metrics) -> tuple[str, str, bytes]:
    match path.partition("?")[0]:
        case "/healthz/live":
            return "200 OK", "text/plain", b"alive"
        case "/healthz/startup":
            return "200 OK", "text/plain", b"started"
        case "/healthz/ready":
            status = "200 OK" if health.is_ready() else "503 Service Unavailable"
            return status, "application/json", json.dumps(health.components).encode()
        case "/metrics":
            kind = "application/openmetrics-text; version=1.0.0; charset=utf-8"
            return "200 OK", kind, metrics.text().encode()
        case _:
            return "404 Not Found", "text/plain", b"not here"
