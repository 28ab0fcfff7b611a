// The WebSocket: one connection for the page. It comes back after a drop with growing pauses, subscribes again, and
// asks for what was missed by each subscription's last sequence number.

import { Sequence } from './sequence.js';

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
const SILENCE = 25_000;
/** How long a hole in an instance's sequence may stay before it is asked for. */
const HOLE = 3_000;

export class LiveConnection {
  #key;
  #socket = null;
  #pause = FIRST_PAUSE;
  #subscriptions = new Set();
  #watchers = new Set();
  #heard = 0;
  #timer = null;
  state = 'connecting';

  constructor(key) {
    this.#key = key;
    window.addEventListener('online', () => this.#reopenNow());
    document.addEventListener('visibilitychange', () => document.hidden || this.#reopenNow());
    setInterval(() => this.#keepAlive(), SILENCE / 2);
  }

  open() {
    clearTimeout(this.#timer);
    const address = new URL('api/v1/ws', location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    address.hash = '';
    const socket = new WebSocket(address, ['baton', `key.${this.#key}`]);
    this.#socket = socket;
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = () => socket === this.#socket && this.#closed();
  }

  /**
   * Follows `{instanceId}`, `{processId}` or `{all: true}`; an instance from its first event on. Returns what ends it.
   */
  subscribe(target, onMessage) {
    const subscription = { target, onMessage, sequence: new Sequence(), hole: null };
    this.#subscriptions.add(subscription);
    this.#ask(subscription);
    return () => {
      this.#subscriptions.delete(subscription);
      clearTimeout(subscription.hole);
      if (![...this.#subscriptions].some((other) => isSame(other.target, target))) this.#send({ type: 'unsubscribe', ...target });
    };
  }

  /** Calls back with `connecting`, `live` or `lost`, now and at each change. */
  watch(onState) {
    this.#watchers.add(onState);
    onState(this.state);
    return () => this.#watchers.delete(onState);
  }

  #opened(socket) {
    if (socket !== this.#socket) return;
    this.#pause = FIRST_PAUSE;
    this.#heard = Date.now();
    this.#become('live');
    for (const subscription of this.#subscriptions) this.#ask(subscription);
  }

  #closed() {
    this.#socket = null;
    this.#become('lost');
    const pause = this.#pause * (0.7 + 0.6 * Math.random());
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    this.#timer = setTimeout(() => this.open(), pause);
  }

  #reopenNow() {
    if (!this.#socket) this.open();
  }

  #keepAlive() {
    if (this.state !== 'live') return;
    if (Date.now() - this.#heard > 2 * SILENCE) this.#socket.close();
    else this.#send({ type: 'ping' });
  }

  #ask(subscription) {
    const from = subscription.target.instanceId ? { from: subscription.sequence.last + 1 } : {};
    this.#send({ type: 'subscribe', ...subscription.target, ...from });
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #received(text) {
    this.#heard = Date.now();
    const message = JSON.parse(text);
    if (message.type === 'ping') this.#send({ type: 'pong' });
    for (const subscription of this.#subscriptions) {
      if (concerns(subscription.target, message)) this.#tell(subscription, message);
    }
  }

  #tell(subscription, message) {
    if (!subscription.target.instanceId) return subscription.onMessage(message);
    for (const next of subscription.sequence.accept(message)) subscription.onMessage(next);
    if (subscription.sequence.hasHole) subscription.hole ??= setTimeout(() => this.#fillHole(subscription), HOLE);
  }

  #fillHole(subscription) {
    subscription.hole = null;
    const { sequence, target } = subscription;
    if (sequence.hasHole) this.#send({ type: 'replay.request', instanceId: target.instanceId, from: sequence.last + 1 });
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    for (const watcher of this.#watchers) watcher(state);
  }
}

/** Another part of the page may follow the same. */
function isSame(one, other) {
  return one.instanceId === other.instanceId && one.processId === other.processId && one.all === other.all;
}

function concerns(target, message) {
  if (!message.instanceId) return message.type === 'error';
  return !target.instanceId || target.instanceId === message.instanceId;
}
