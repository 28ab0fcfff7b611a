# Runs one script. Input: {"script", "variables", "result"} on standard input; output: one JSON object on the real
# standard output. The script sees every variable by name and in `context`; what it sets in either comes back.
import copy
import datetime
import decimal
import json
import linecache
import os
import resource
import sys
import traceback
import types


class BpmnError(Exception):
    """raise BpmnError(code, message): caught by the error boundary event with this code."""

    def __init__(self, code, message=""):
        super().__init__(message or code)
        self.code = str(code)


def main():
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", buffering=1)
    with os.fdopen(0, "rb", closefd=False) as source:
        given = json.load(source)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    for limit, most in ((resource.RLIMIT_AS, given["memory"]), (resource.RLIMIT_CPU, given["cpu"])):
        resource.setrlimit(limit, (most, most))
    if given["folder"]:
        os.chdir(given["folder"])
    json.dump(run(given), answer, allow_nan=False)
    answer.flush()
    os._exit(0)


def run(given):
    before, script = given["variables"], given["script"]
    context = copy.deepcopy(before)
    scope = {**context, "context": context, "BpmnError": BpmnError, "__name__": "__main__"}
    # Tracebacks then show the script's lines.
    linecache.cache["<script>"] = (len(script), None, script.splitlines(True), "<script>")
    try:
        exec(compile(script, "<script>", "exec"), scope)
    except BpmnError as error:
        return {"error": {"code": error.code, "message": str(error)}}
    except SystemExit as end:
        if end.code not in (None, 0):
            return {"failure": f"SystemExit: {end.code}"}
    except BaseException as error:
        return {"failure": describe(error)}
    try:
        return {"variables": collect(before, context, scope, given.get("result"))}
    except (TypeError, ValueError, RecursionError) as error:
        return {"failure": f"{type(error).__name__}: {error}"}


def collect(before, context, scope, result_variable):
    """What is new or different; of names, only those whose values are data."""
    changed = {}
    for name, value in scope.items():
        is_own = name.startswith("_") or name in ("context", "BpmnError")
        if is_own or (name in before and same(before[name], value)):
            continue
        if name == "result":
            changed[name] = plain(value, name)
        elif not isinstance(value, (types.ModuleType, types.FunctionType, type)):
            try:
                changed[name] = plain(value, name)
            except (TypeError, ValueError):
                pass
    for name, value in context.items():
        if name not in before or not same(before[name], value):
            changed[str(name)] = plain(value, f"context[{name!r}]")
    if "result" not in changed and result_variable in changed:
        changed["result"] = changed[result_variable]
    return changed


def same(old, new):
    return type(old) is type(new) and old == new


def plain(value, name):
    """As JSON has it; says which variable cannot be."""
    try:
        return json.loads(json.dumps(value, default=other, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise type(error)(f"`{name}` cannot be a variable: {error}") from None


def other(value):
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    raise TypeError(f"{type(value).__name__} is not data")


def describe(error):
    """`Type: message (line 3: `x = 1 / 0`)`, with the last line of the script that was being run."""
    text = traceback.format_exception_only(type(error), error)[-1].strip()
    if isinstance(error, SyntaxError) and error.filename == "<script>":
        line = error.lineno
    else:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<script>"]
        line = lines[-1] if lines else None
    if line is None:
        return text
    return f"{text} (line {line}: `{linecache.getline('<script>', line).strip()}`)"


main()
