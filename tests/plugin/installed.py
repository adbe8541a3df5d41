"""What is installed beside the program is whole; with LAC_TEST_LONG the Debian packages are built, installed into a root of their own, and used.

usage: installed.py MPIRUN LACONIC BUILD TOP CC
"""

import ast
import glob
import json
import os
import re
import shutil
import tempfile

from bench_of_plugins import Installed, call, compiler, finish, laconic, ok, sources, top
from calls import summary

COMMANDS = re.findall(r"^  (\S+) +\S", call([laconic, "--help"]).stdout, re.MULTILINE)


def options(command):
    return set(re.findall(r"^  (--[a-z0-9-]+)", call([laconic, command, "--help"]).stdout, re.MULTILINE))


def skip(name, why):
    ok(True, "%s # SKIP %s" % (name, why))


def zsh(text):
    """Syntax, and that every command's options stand under it."""
    parts = dict(re.findall(r"^    ([a-z-]+)\)\n(.*?)^        ;;$", text, re.MULTILINE | re.DOTALL))
    for command in [one for one in COMMANDS if one != "help"]:
        missing = [name for name in options(command) if "'" + name not in parts.get(command, "")]
        ok(command in parts and not missing, "zsh completes the options of %s" % command, missing)
    if not shutil.which("zsh"):
        return skip("zsh reads its completion", "no zsh")
    with tempfile.TemporaryDirectory() as folder:
        open(os.path.join(folder, "_laconic"), "w").write(text)
        done = call(["zsh", "-f", "-c", "autoload -Uz compinit && compinit -u -D && autoload -Uz _laconic && autoload +X _laconic && [[ $_comps[laconic] == _laconic ]]"],
                    environment={"FPATH": folder + ":" + call(["zsh", "-f", "-c", "print $FPATH"]).stdout.strip()})
    return ok(done.returncode == 0 and not done.stderr, "zsh reads its completion, and finds it by the command's name", done.stdout + done.stderr)


def pages(at):
    names = [name for name in at.files if "/man1/" in name]
    wanted = {"laconic.1"} | {"laconic-%s.1" % one for one in COMMANDS if one != "help"}
    ok({os.path.basename(name) for name in names} == wanted, "there is a page for each command", sorted(set(names)))
    if not shutil.which("man"):
        return skip("man renders the page", "no man")
    page = next(at.files[name] for name in names if name.endswith("/laconic.1"))
    done = call(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", page], environment={"MANWIDTH": "100", "LC_ALL": "C.UTF-8"})
    ok(done.returncode == 0 and not done.stderr and len(done.stdout) > 10000, "man renders the page without a warning", done.stderr)
    return None


def small_files(at):
    module = next(at.files[name] for name in at.files if "modulefiles/laconic/" in name)
    text = open(module).read()
    version = call([laconic, "--version"]).stdout.split()[1]
    ok(text.startswith("#%Module1.0") and "@" not in text and os.path.basename(module) == version, "the modulefile is filled in, and named by the version", text)
    citation = open(os.path.join(top, "CITATION.cff")).read()
    keys = set(re.findall(r"^([a-z-]+):", citation, re.MULTILINE))
    ok({"cff-version", "message", "title", "authors"} <= keys and "version: %s\n" % version in citation, "CITATION.cff has what the format asks for, and the version", keys)
    recipe = open(os.path.join(top, "run/packaging/spack/package.py")).read()
    names = {node.name for node in ast.walk(ast.parse(recipe)) if isinstance(node, ast.ClassDef)}
    ok(names == {"Laconic"}, "the recipe of Spack is Python", names)
    changes = open(os.path.join(top, "run/packaging/debian/changelog")).readline()
    ok("(%s)" % version in changes, "the Debian changelog has the version", changes)


def commit(at):
    """A copy without its history says what it is told: run/packaging/debian/rules does so."""
    folder = at.path("commit")
    rules = call(["make", "-n", "-f", os.path.join(top, "run/packaging/debian/rules"), "override_dh_auto_configure"], environment={"LACONIC_COMMIT": "0123abc"}, cwd=at.folder)
    words = [word for word in rules.stdout.split() if word.startswith("-D")]
    done = call(["meson", "setup", folder, top] + [word.replace("'", "") for word in words])
    said = open(os.path.join(folder, "src/git_version.h")).read() if done.returncode == 0 else done.stdout
    ok("-Dcommit='0123abc'" in words and '"0123abc"' in said, "a build without history says the commit that it is told", rules.stdout + rules.stderr + said[-2000:])


def page_lines(*beginnings):
    """The commands of docs/installing.md that begin so."""
    text = open(os.path.join(top, "docs/installing.md")).read()
    return [line.strip() for line in text.splitlines() if line.startswith("    ") and line.strip().startswith(beginnings)]


def page_builds(folder):
    """What the page says to build, in a tree that run/quickstart has built."""
    tree, home = os.path.join(folder, "tree"), os.path.join(folder, "home")
    os.mkdir(home)
    shutil.copytree(top, tree, ignore=lambda where, names: [name for name in names if where == top and (name.startswith(("build", "results")) or name == ".git")])
    call(["meson", "setup", "build", "-Dtests=false", "-Dbench=false"], cwd=tree, timeout=600)
    setup, install = page_lines("meson ")
    done = call(["sh", "-c", setup], cwd=tree, environment={"HOME": home}, timeout=600)
    name = setup.split()[2]
    options = json.loads(call(["meson", "introspect", "--buildoptions", name], cwd=tree).stdout)
    prefix = next(one["value"] for one in options if one["name"] == "prefix")
    ok(done.returncode == 0 and prefix == os.path.join(home, ".local") and install == "meson install -C " + name,
       "the page's commands build for the page's prefix, also where run/quickstart has built", "%s\n%s\n%s" % (prefix, done.stdout, done.stderr))
    if not os.environ.get("LAC_TEST_LONG"):
        return skip("they install there", "LAC_TEST_LONG is not set")
    done = call(["sh", "-c", install], cwd=tree, environment={"HOME": home}, timeout=3000)
    return ok(done.returncode == 0 and os.access(os.path.join(home, ".local/bin/laconic"), os.X_OK), "they install there", done.stdout[-2000:] + done.stderr)


def two_packages(folder):
    """Of two installations and a package of one's own, pkg-config still finds what the page is for."""
    for name in ("home/.local/lib/pkgconfig/laconic", "home/.local/lib64/pkgconfig/laconic", "own/mine"):
        os.makedirs(os.path.dirname(os.path.join(folder, name)))
        open(os.path.join(folder, name + ".pc"), "w").write("Name: %s\nDescription: none\nVersion: 1\n" % name)
    line, = page_lines("export PKG_CONFIG_PATH")
    done = call(["sh", "-c", line + "; pkg-config --exists --print-errors laconic mine"], environment={"HOME": os.path.join(folder, "home"), "PKG_CONFIG_PATH": os.path.join(folder, "own")})
    ok(done.returncode == 0, "and packages of one's own, where there are two of laconic", done.stdout + done.stderr)


def page_finds(at, folder):
    """What the page says to tell a shell, with the program where its prefix would be."""
    home = os.path.join(folder, "found")
    os.mkdir(home)
    os.symlink(os.path.dirname(os.path.dirname(next(at.files[name] for name in at.files if name.endswith("bin/laconic")))), os.path.join(home, ".local"))
    text = "\n".join(["unset MANPATH PKG_CONFIG_PATH"] + page_lines("export "))
    found = os.path.join(home, ".local")
    for name, command in (("the program", "command -v laconic"), ("its page", "man -w laconic"), ("its package", "pkg-config --variable=pcfiledir laconic")):
        if shutil.which(command.split()[0]) or command.startswith("command"):
            done = call(["sh", "-c", text + "\n" + command], environment={"HOME": home})
            ok(done.returncode == 0 and os.path.realpath(done.stdout.strip()).startswith(os.path.realpath(found)), "found as the page says: %s" % name, done.stdout + done.stderr)
    done = call(["sh", "-c", text + '\nprintf "%s" "$MANPATH"'], environment={"HOME": home})
    ok(done.stdout.endswith(":"), "and the system's own pages still", done.stdout + done.stderr)
    two_packages(os.path.join(folder, "two"))
    if shutil.which("zsh"):
        line, = page_lines("fpath=")
        done = call(["zsh", "-f", "-c", line + "; autoload -Uz compinit && compinit -u -D && print $_comps[laconic]"], environment={"HOME": home})
        ok(done.stdout == "_laconic\n", "and zsh's completion", done.stdout + done.stderr)
    modules(at)


def modules(at):
    """The modulefile, loaded with and without pages of one's own."""
    file = next(at.files[name] for name in at.files if "modulefiles/laconic/" in name)
    folder = os.path.dirname(os.path.dirname(file))
    if not shutil.which("modulecmd"):
        return skip("the modulefile leaves the system's pages", "no modulecmd")
    text = 'eval "$(modulecmd sh load laconic)"; printf "%s|" "$MANPATH"; eval "$(modulecmd sh unload laconic)"; printf "%s" "${MANPATH-unset}"'
    for before, wanted, after in (("unset MANPATH", "", "unset"), ("export MANPATH=/own/man", "/own/man:", "/own/man")):
        done = call(["sh", "-c", before + "; " + text], environment={"MODULEPATH": folder, "LOADEDMODULES": "", "_LMFILES_": ""})
        loaded, unloaded = done.stdout.split("|")
        ok(loaded.endswith("/share/man:" + wanted) and unloaded == after, "the modulefile leaves other pages: %s" % before, done.stdout + done.stderr)
    return None


def packages(folder):
    done = call([os.path.join(top, "run/packaging/build-deb"), folder], timeout=3000)
    found = sorted(glob.glob(os.path.join(folder, "*.deb")))
    plain = [name for name in found if "dbgsym" not in name]
    if not ok_all(done.returncode == 0 and len(plain) == 2, "the Debian packages are built", done.stdout + done.stderr):
        return
    if shutil.which("lintian"):
        said = call(["lintian", "--no-cfg", "--allow-root", "--fail-on", "none"] + plain).stdout
        ok(not re.search(r"^E: ", said, re.MULTILINE), "lintian has no error", said)
    root = os.path.join(folder, "root")
    for name in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"]:
        os.makedirs(os.path.join(root, name))
    open(os.path.join(root, "var/lib/dpkg/status"), "w").close()
    done = call(["dpkg", "--root=" + root, "--force-not-root,depends", "--log=/dev/null", "-i"] + plain)
    ok(done.returncode == 0, "dpkg installs them into a root", done.stdout + done.stderr)
    program = os.path.join(root, "usr/bin/laconic")
    said = [call([one, "--version"]).stdout for one in [program, laconic]]
    ok(said[0] == said[1], "it is of the same version and commit", said)
    digests = set()
    for one in [program, laconic]:
        out = os.path.join(folder, "run.h5")
        done = call([one, "train", "--rounds", "40", "--quiet", "--force", "--out", out])
        digests.add(done.stderr or summary(out)["final"]["model_digest"])
    ok(len(digests) == 1 and len(next(iter(digests))) == 64, "the installed program gives the model of the one that is tested", digests)
    environment = {"PKG_CONFIG_PATH": glob.glob(os.path.join(root, "usr/lib/*/pkgconfig"))[0], "PKG_CONFIG_SYSROOT_DIR": root}
    flags = call(["pkg-config", "--cflags", "laconic"], environment=environment).stdout.split()
    plugin = os.path.join(folder, "example.so")
    done = call([compiler, "-shared", "-fPIC", "-O2", "-o", plugin] + flags + glob.glob(os.path.join(sources, "*.c")))
    ok(done.returncode == 0, "the example builds against laconic-dev", done.stderr)
    done = call([program, "test-plugin", plugin])
    ok(done.returncode == 0, "and the installed program finds it well", done.stderr)


def ok_all(condition, name, detail):
    ok(condition, name, detail)
    return condition


def main():
    with Installed() as at:
        zsh(open(next(at.files[name] for name in at.files if name.endswith("/_laconic"))).read())
        pages(at)
        small_files(at)
        commit(at)
        page_finds(at, at.folder)
        page_builds(at.folder)
        if os.environ.get("LAC_TEST_LONG") and shutil.which("dpkg-buildpackage"):
            packages(at.path("packages"))
        else:
            skip("the Debian packages are built and installed", "LAC_TEST_LONG is not set" if shutil.which("dpkg-buildpackage") else "no dpkg-buildpackage")
    finish()


main()
