"""How often jobs may begin. A limit is a clock of permits: each permit moves the time of the next one on by an interval, and
who comes early waits. One of a worker's own is kept here; one that all replicas share (of any language) is a key of a bucket in
NATS, as `engine/docs/wire.md` says."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from dataclasses import dataclass

import nats.errors
from nats.aio.client import Client
from nats.js.api import KeyValueConfig, StorageType
from nats.js.errors import BucketNotFoundError, KeyNotFoundError, KeyWrongLastSequenceError
from nats.js.kv import KeyValue

from . import wire

log = logging.getLogger("baton_worker")

BUCKET = "BATON_LIMITS"


@dataclass(frozen=True)
class Rate:
    """So many `times` in so many seconds, evenly; `burst` of them at once after a time without any."""

    times: int
    per: float = 1.0
    burst: int = 1

    def permit(self, following: int, now: int) -> tuple[int, int]:
        """When a permit begins that is asked for now, and when the one after it could. Nanoseconds since 1970."""
        interval = int(self.per * 1e9) // max(self.times, 1)
        begins = max(following, now - interval * (max(self.burst, 1) - 1))
        return begins, begins + interval


class Limit:
    """What a job type waits for before each job: a rate of its own, or, with a name, one that all workers share."""

    def __init__(self, rate: Rate, name: str | None = None) -> None:
        self._rate, self._next = rate, 0
        # a key has no `%`
        self._key = None if name is None else wire.token(name).replace("%", "=")
        self._turn = asyncio.Lock()
        self._bucket: KeyValue | None = None

    async def wait(self, connection: Client) -> None:
        """Returns when a job may begin. A shared limit waits for NATS when it is away."""
        if self._key is None:
            begins, self._next = self._rate.permit(self._next, time.time_ns())
        else:
            # one at a time of this worker: they would only overtake each other
            async with self._turn:
                begins = await self._taken(connection, self._key)
        await asyncio.sleep(max(begins - time.time_ns(), 0) / 1e9)

    async def _taken(self, connection: Client, key: str) -> int:
        while True:
            try:
                return await self._take(connection, key)
            except KeyWrongLastSequenceError:  # another worker was faster
                await asyncio.sleep(0.02 * random.uniform(0.5, 1.0))
            except (nats.errors.Error, asyncio.TimeoutError) as error:
                log.warning("the shared limit %s cannot be asked: %s", key, error)
                self._bucket = None
                await asyncio.sleep(0.5 * random.uniform(0.5, 1.0))

    async def _take(self, connection: Client, key: str) -> int:
        bucket = self._bucket = self._bucket or await _open(connection)
        following, revision = 0, 0
        try:
            entry = await bucket.get(key)
            revision = entry.revision or 0
            following = int(entry.value or b"0")
        except KeyNotFoundError:
            pass
        except ValueError:  # what cannot be read is long ago
            following = 0
        begins, after = self._rate.permit(following, time.time_ns())
        await bucket.update(key, str(after).encode(), revision)
        return begins


async def _open(connection: Client) -> KeyValue:
    jetstream = connection.jetstream()
    try:
        return await jetstream.key_value(BUCKET)
    except BucketNotFoundError:
        return await jetstream.create_key_value(KeyValueConfig(bucket=BUCKET, storage=StorageType.MEMORY))
