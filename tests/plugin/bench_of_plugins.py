"""The installed package, the example built against it outside the tree, and the same with faults.

argv of the tests that use this: MPIRUN LACONIC BUILD TOP CC
"""

import os
import shlex
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../mpi"))
from calls import call, finish, laconic, ok  # noqa: E402

build, top, compiler = sys.argv[3:6]
sources = os.path.join(top, "docs/plugin-example")
WARNINGS = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]


class Installed:
    """What `meson install` leaves, in a folder that is deleted at the end."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp()
        done = call(["meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", self.path("root")])
        ok(done.returncode == 0, "meson install", done.stdout + done.stderr)
        found = [os.path.join(where, name) for where, _, names in os.walk(self.path("root")) for name in names]
        self.files = {os.path.relpath(name, self.path("root")): name for name in found}
        package = next((name for name in found if name.endswith("laconic.pc")), "")
        self.environment = {"PKG_CONFIG_PATH": os.path.dirname(package), "PKG_CONFIG_SYSROOT_DIR": self.path("root")}
        self.flags = shlex.split(call(["pkg-config", "--cflags", "laconic"], environment=self.environment).stdout)
        return self

    def __exit__(self, *unused):
        shutil.rmtree(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def compile(self, name, files, more=()):
        """The shared object of that name, or None, with what the compiler said."""
        out = self.path(name)
        done = call([compiler] + WARNINGS + self.flags + list(more) + ["-shared", "-fPIC", "-o", out] + list(files))
        return (out if done.returncode == 0 else None), done.stderr

    def text(self, name, text, more=()):
        """A plug-in of one file, which may be wrong."""
        source = self.path(name + ".c")
        with open(source, "w") as f:
            f.write(text)
        out, said = self.compile(name + ".so", [source], ["-w"] + list(more))
        if not out:
            ok(False, "%s compiles" % name, said)
        return out

    def example(self, name, file=None, old=None, new=None):
        """The example, with a change in one of its files."""
        folder = self.path(name + "-source")
        shutil.copytree(sources, folder)
        if file:
            path = os.path.join(folder, file)
            text = open(path).read()
            if text.count(old) != 1:
                ok(False, "%s stands once in %s" % (old, file))
                return None
            with open(path, "w") as f:
                f.write(text.replace(old, new))
        out, said = self.compile(name + ".so", [os.path.join(folder, n) for n in sorted(os.listdir(folder)) if n.endswith(".c")])
        if not out:
            ok(False, "%s compiles" % name, said)
        return out


__all__ = ["Installed", "call", "finish", "laconic", "ok", "sources"]
