"""A tool server that misbehaves as its tools' names say. Every call that reaches it is a line in the file of effects, so
that what was really done can be counted."""

import json
import os
import sys
import time

EFFECTS, HABITS = sys.argv[1], sys.argv[2:]

TOOLS = {
    "count": False,
    "look": True,
    "stuck": False,
    "stuck-look": True,
    "die": False,
    "refuse": False,
    "chatter": False,
    "environment": True,
    "long": True,
}


def effects():
    if not os.path.exists(EFFECTS):
        return []
    with open(EFFECTS) as file:
        return file.read().split()


def call(name):
    before = effects().count(name)
    with open(EFFECTS, "a") as file:
        file.write(name + "\n")
    if name.startswith("stuck") and before == 0:
        time.sleep(3600)
    if name == "die" and before == 0:
        os._exit(1)
    if name == "refuse":
        return {"error": {"code": -32602, "message": "not like this"}}
    if name == "chatter":
        print("a line that is not of the protocol", flush=True)
    text = {"environment": " ".join(os.environ), "long": "x" * 100_000}.get(name, f"{name} {before + 1}")
    return {"result": {"content": [{"type": "text", "text": text}]}}


def listed(name, read_only):
    return {"name": name, "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": read_only}}


def answer(message):
    method, params = message["method"], message.get("params", {})
    if method == "initialize":
        about = {"name": "misbehaving", "version": "1"}
        return {"result": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": about}}
    if method == "tools/list":
        return {"result": {"tools": [listed(*tool) for tool in TOOLS.items()]}}
    if method == "tools/call":
        return call(params["name"])
    return {"result": {}}


for line in sys.stdin:
    message = json.loads(line)
    if "id" in message and "deaf" not in HABITS:
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer(message)}), flush=True)
