//! JavaScript: looking for a way to the machine, and taking more than its share.

use crate::{ESCAPED, Outside};

fn attempt(action: &str) -> String {
    format!("var result = 'held'; try {{ {action}; result = '{ESCAPED}'; }} catch (e) {{ }}")
}

pub fn scripts(outside: &Outside) -> Vec<String> {
    let file = outside.file.display();
    let port = outside.port;
    let attempts = [
        "require('fs').readFileSync('/etc/passwd')".to_owned(),
        format!("std.loadFile('{file}').length"),
        "os.exec(['true'])".to_owned(),
        "process.exit(0)".to_owned(),
        "process.binding('fs')".to_owned(),
        format!("new XMLHttpRequest().open('GET', 'http://127.0.0.1:{port}')"),
        format!("fetch('http://127.0.0.1:{port}').then(print)"),
        "new Worker('x')".to_owned(),
        "new WebSocket('ws://127.0.0.1')".to_owned(),
        "new WebAssembly.Module(new Uint8Array(8))".to_owned(),
        "Deno.readTextFileSync('/etc/passwd')".to_owned(),
        "Bun.file('/etc/passwd').size".to_owned(),
        "load('/etc/passwd')".to_owned(),
        "read('/etc/passwd')".to_owned(),
        "importScripts('x')".to_owned(),
        "(function () { return this }).constructor('return process')().exit()".to_owned(),
        "[].constructor.constructor('return require')()('fs')".to_owned(),
        "print.constructor('return os')().exec(['true'])".to_owned(),
        "globalThis.constructor.constructor('return std')().exit(0)".to_owned(),
        "new Function('return loadScript')()('/etc/passwd')".to_owned(),
        "eval('scriptArgs')[0].length".to_owned(),
        "new Error().prepareStackTrace.x.y".to_owned(),
        "Object.getPrototypeOf(print).caller.x".to_owned(),
        "__filename.length".to_owned(),
    ]
    .map(|action| attempt(&action));
    let texts = [
        format!("import('{file}').then(m => {{ result = '{ESCAPED}' }}); var result = 'held';"),
        format!("import('std').then(m => {{ result = '{ESCAPED}' }}, () => 0); var result = 'held';"),
        format!("import('os').then(m => {{ result = '{ESCAPED}' }}, () => 0); var result = 'held';"),
    ];
    let limits = [
        // processor
        "for (;;) {}",
        "try { for (;;) {} } catch (e) { for (;;) {} } finally { for (;;) {} }",
        "const f = () => Promise.resolve().then(f); f();",
        "(async () => { for (;;) await 0 })()",
        "/^(a+)+$/.test('a'.repeat(64) + 'b')",
        "[1, 2, 3].sort(() => { for (;;) {} })",
        "result = { toJSON() { for (;;) {} } }",
        "result = { get x() { for (;;) {} } }",
        "result = new Proxy({}, { ownKeys() { for (;;) {} } })",
        "'x'.replace(/x/, () => { for (;;) {} })",
        "function* g() { for (;;) yield 1 } for (const x of g()) {}",
        "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
        "let n = 1n; for (;;) n = n * n + 1n",
        "JSON.parse('['.repeat(1e6) + ']'.repeat(1e6))",
        "new Array(1e9).join('x').length",
        "Array.from({ length: 1e15 }, (_, n) => n)",
        // memory
        "const a = []; for (;;) a.push(new Array(1000).fill(1))",
        "let x = 'x'; for (;;) x += x",
        "const a = []; for (;;) a.push(new ArrayBuffer(1e8))",
        "const m = new Map(); for (let n = 0;; n++) m.set(n, {})",
        "let o = {}; for (;;) o = { o }",
        "'x'.padEnd(2 ** 30)",
        "(function f() { f() })()",
        "(function f() { try { f() } finally { f() } })()",
        "eval('('.repeat(1e6))",
        "let o = []; for (let n = 0; n < 1e5; n++) o = [o]; result = o",
        // output
        "result = 'x'.repeat(2e6)",
        "for (;;) console.log('x'.repeat(1000))",
        "for (let n = 0; n < 1e5; n++) globalThis['v' + n] = 'x'.repeat(100)",
        "throw new Error('x'.repeat(1e7))",
        "throw { toString() { for (;;) {} } }",
        "const x = {}; x.x = x; result = x",
        // the collector's own tools
        "JSON.stringify = () => 'x'; Object.keys = () => { throw 1 }; result = 1",
        "Object.prototype.toJSON = () => { for (;;) {} }; result = {}",
        "Array.prototype.map = null; Object.entries = null; result = 1",
        "delete globalThis.JSON; globalThis.Object = null; result = 1",
        "Object.defineProperty(globalThis, 'result', { get() { for (;;) {} } })",
        "Object.freeze(globalThis); result = 1",
    ];
    attempts.into_iter().chain(texts).chain(limits.map(str::to_owned)).collect()
}
