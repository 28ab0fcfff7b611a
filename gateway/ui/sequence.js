// Puts the messages of one instance in order by their sequence numbers, which have no holes: what comes too early is
// held until what is before it has come, and what comes twice is dropped.

export class Sequence {
  /** The last event of which everything has come. */
  last = 0;
  #held = new Map();

  /** The messages that can be told now, in order. */
  accept(message) {
    if (message.type === 'history.gap') return [message, ...this.#skipTo(message.to)];
    if (message.seq === undefined) return [message];
    if (message.seq <= this.last) return [];
    if (message.seq > this.last + 1) {
      this.#hold(message);
      return [];
    }
    return this.#tell(message);
  }

  /** Whether something waits for what is missing before it. */
  get hasHole() {
    return this.#held.size > 0;
  }

  #hold(message) {
    const early = this.#held.get(message.seq) ?? [];
    this.#held.set(message.seq, [...early, message]);
  }

  #tell(message) {
    if (!endsEvent(message)) return [message];
    this.last = message.seq;
    return [message, ...this.#release()];
  }

  #skipTo(seq) {
    this.last = Math.max(this.last, seq);
    for (const held of [...this.#held.keys()]) if (held <= this.last) this.#held.delete(held);
    return this.#release();
  }

  #release() {
    const next = this.#held.get(this.last + 1);
    if (!next) return [];
    this.#held.delete(this.last + 1);
    return next.flatMap((message) => this.accept(message));
  }
}

/** One event may make several messages; only the last of them lets us go on after it. */
function endsEvent(message) {
  return message.subs === undefined || message.sub + 1 === message.subs;
}
