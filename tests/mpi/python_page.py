"""The page on Python: its commands and its examples, run one after the other.

usage: python_page.py MPIRUN LACONIC TOP
"""

import os
import re
import subprocess
import sys
import tempfile

from calls import call, finish, laconic, ok

page = open(os.path.join(sys.argv[3], "docs/python.md")).read()
commands = re.findall(r"^    (laconic .*)$", page, re.MULTILINE)
examples = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
path = os.path.dirname(laconic) + ":" + os.environ["PATH"]
DRIVER = """
import sys, traceback
shared = {}
for i, text in enumerate(sys.stdin.read().split(chr(0))):
    try:
        exec(compile(text, "example %d" % (i + 1), "exec"), shared)
        print("%d:ok" % (i + 1))
    except Exception:
        print("%d:failed" % (i + 1))
        traceback.print_exc()
"""


def main():
    ok(len(commands) >= 2 and len(examples) >= 6, "the page has commands and examples", page)
    missing = [name for name in ("h5py", "pandas") if subprocess.run([sys.executable, "-c", "import " + name], stderr=subprocess.DEVNULL, check=False).returncode]
    if missing:
        print("ok 2 - the examples # SKIP no %s: install python3-%s" % (missing[0], missing[0]))
        print("1..2")
        return
    with tempfile.TemporaryDirectory() as folder:
        for line in commands:
            done = call(["sh", "-c", line + " --quiet"], environment={"PATH": path}, cwd=folder)
            ok(done.returncode == 0, line, done.stderr)
        done = call([sys.executable, "-W", "error", "-c", DRIVER], "\0".join(examples), {"PATH": path}, cwd=folder)
        for i, text in enumerate(examples):
            ok("%d:ok" % (i + 1) in done.stdout.splitlines(), "example %d: %s" % (i + 1, text.strip().splitlines()[-1][:90]), done.stderr)
        two_lines = [text for text in examples if "import" in text.splitlines()[0] and len(text.strip().splitlines()) == 2]
        ok(len(two_lines) >= 2, "rows of h5py and a table of pandas take two lines")
    finish()


main()
