"""Write workers for Baton: an async function per job type; pulling, leases, retries and draining are done here.

    worker = Worker("nats://127.0.0.1:4222")

    @worker.job("charge-card")
    async def charge(job: Job[Order]) -> dict[str, Any]:
        return {"result": f"receipt-{job.id}"}

    asyncio.run(worker.run())
"""

from .failure import Asks, BpmnError, Bug, JobFailure, Retryable
from .job import Job
from .question import Answer, Field, Question, choice
from .rate import Rate
from .worker import Handler, IncompatibleError, Worker

__all__ = [
    "Answer",
    "Asks",
    "BpmnError",
    "Bug",
    "Field",
    "Handler",
    "IncompatibleError",
    "Job",
    "JobFailure",
    "Question",
    "Rate",
    "Retryable",
    "Worker",
    "choice",
]
