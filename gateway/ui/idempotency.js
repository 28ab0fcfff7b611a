// Keys for requests that must happen once: pressing again after a lost answer sends the same key, and a corrected
// request gets a new one.

/** Returns what gives the key of a request. */
export function keyedByContent() {
  let last = null;
  let key = null;
  return (request) => {
    const content = JSON.stringify(request);
    if (content !== last) key = crypto.randomUUID();
    last = content;
    return key;
  };
}
