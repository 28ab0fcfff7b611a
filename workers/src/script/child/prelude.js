// Makes the variables visible to a script, and afterwards collects what it has set. The script sees every variable by
// name and in `context`; what it sets in either, and `result`, comes back.
(function (input, print) {
  const before = JSON.parse(input);
  const context = JSON.parse(input);
  const own = new Set(Object.getOwnPropertyNames(globalThis));
  const text = (value) => (typeof value === "string" ? value : JSON.stringify(value) ?? String(value));
  const log = (...values) => print(values.map(text).join(" "));
  class BpmnError extends Error {
    constructor(code, message) {
      super(message ?? code);
      this.name = "BpmnError";
      this.code = String(code);
    }
  }
  const given = { context, BpmnError, print: log, console: { log, info: log, warn: log, error: log, debug: log } };
  for (const [name, value] of Object.entries(given)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
    own.add(name);
  }
  for (const name of Object.keys(context)) {
    if (!own.has(name)) globalThis[name] = context[name];
  }
  const json = JSON;
  const changes = (name, value) => !(name in before) || json.stringify(before[name]) !== json.stringify(value);
  // `result` may be a `const` or a `let`, which are not properties of the global object.
  return function (result, resultVariable) {
    const changed = {};
    for (const name of Object.keys(globalThis)) {
      const value = globalThis[name];
      const isData = value !== undefined && typeof value !== "function" && typeof value !== "symbol";
      if (!own.has(name) && !name.startsWith("_") && isData && changes(name, value)) changed[name] = value;
    }
    for (const name of Object.keys(context)) {
      if (context[name] !== undefined && changes(name, context[name])) changed[name] = context[name];
    }
    if (result !== undefined && changes("result", result)) changed.result = result;
    if (!("result" in changed) && resultVariable in changed) changed.result = changed[resultVariable];
    return json.stringify(changed);
  };
})
