//! Python that takes more than its share, or tries to stay.

pub fn scripts() -> Vec<String> {
    let texts = [
        // processor
        "while True: pass",
        "import re\nre.match(r'(a+)+$', 'a' * 64 + 'b')",
        "x = 7 ** (7 ** 9)",
        "import threading\nfor _ in range(20): threading.Thread(target=lambda: [None for _ in iter(int, 1)]).start()",
        "import signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: pass",
        "try:\n    while True: pass\nexcept BaseException:\n    while True: pass",
        "import time\ntime.sleep(3600)",
        "import signal\nsignal.pause()",
        "import threading\nthreading.Lock().acquire()\nlock = threading.Lock(); lock.acquire(); lock.acquire()",
        // memory
        "x = bytearray(10 ** 10)",
        "x = []\nwhile True: x.append(bytearray(10 ** 6))",
        "x = 'x'\nwhile True: x += x",
        "import mmap\nx = [mmap.mmap(-1, 10 ** 8) for _ in range(100)]",
        "import os\nf = os.memfd_create('x')\nwhile True: os.write(f, b'x' * 10 ** 6)",
        "f = open('/tmp/x', 'wb')\nwhile True: f.write(b'x' * 10 ** 6)",
        "f = open('/dev/shm/x', 'wb')\nwhile True: f.write(b'x' * 10 ** 6)",
        "n = 0\nwhile True:\n    open(f'/tmp/{n}', 'w').write('x' * 4096)\n    n += 1",
        "def f(): f()\nimport sys\nsys.setrecursionlimit(10 ** 9)\nf()",
        "x = []\nx.append(x)\nresult = x",
        "x = {}\nfor _ in range(100000): x = {'x': x}\nresult = x",
        // processes
        "import os\nwhile True: os.fork()",
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        "import subprocess\nwhile True: subprocess.Popen(['sleep', '1000'])",
        "import subprocess\nsubprocess.Popen(['bash', '-c', ':(){ :|:& };:'])\nimport time\ntime.sleep(100)",
        "import threading\nwhile True: threading.Thread(target=lambda: __import__('time').sleep(1000)).start()",
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(1000)\n    os._exit(0)\nresult = 'held'",
        "import subprocess\nsubprocess.Popen(['setsid', 'sleep', '1000'])\nresult = 'held'",
        "import subprocess\nsubprocess.Popen(['nohup', 'bash', '-c', 'while true; do :; done'], start_new_session=True)\nresult = 'held'",
        "import os, signal, time\nif os.fork() == 0:\n    for n in range(1, 32):\n        try: signal.signal(n, signal.SIG_IGN)\n        except OSError: pass\n    time.sleep(1000)\nresult = 'held'",
        "import os, time\nif os.fork():\n    os._exit(0)\ntime.sleep(1000)",
        // descriptors
        "x = []\nwhile True: x.append(open('/dev/null'))",
        "import os\nx = []\nwhile True: x.append(os.pipe())",
        "import os\nfor n in range(64):\n    try: os.close(n)\n    except OSError: pass",
        "import os\nos.closerange(0, 2)\nwhile True: pass",
        // output
        "result = 'x' * 10 ** 7",
        "result = ['x'] * 10 ** 6",
        "while True: print('x' * 1000)",
        "import sys\nwhile True: sys.stderr.write('x')",
        "import os\nwhile True: os.write(1, b'x' * 10 ** 5)",
        "import os\nfor n in range(3, 64):\n    try:\n        while True: os.write(n, b'x' * 10 ** 5)\n    except OSError: pass",
        "for n in range(100000): globals()[f'v{n}'] = 'x' * 100",
        "class X(str):\n    def __reduce__(self): return 1 / 0\nresult = X('x')",
        "raise Exception('x' * 10 ** 7)",
        "import sys\nsys.exit('x' * 10 ** 7)",
    ];
    texts.map(str::to_owned).to_vec()
}
