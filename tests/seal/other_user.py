"""A server run by a user who can read neither data nor keys: the run is the one of all runs. Root only, which alone can start it.

usage: other_user.py MPIRUN LACONIC EVIL_SERVER
"""

import os
import shutil
import tempfile

from sealed import call, data_rows, digest, finish, laconic, mpirun, ok, run

NOBODY = 65534
# what Open MPI keeps in files for a job is closed to another user: ranks speak by TCP, and this one keeps none
AS_NOBODY = ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups", "env", "HOME=/nonexistent",
             "OMPI_MCA_orte_create_session_dirs=0"]
SWITCHES = ["--mca", "btl", "tcp,self", "--mca", "pml", "ob1"]
BETWEEN_USERS = {"PMIX_MCA_psec": "none", "PMIX_MCA_gds": "hash"}
TITLE = "a server of another user"


def missing(program):
    """Why this cannot be tried here; None where it can."""
    if os.geteuid() != 0:
        return "only root starts ranks as another user"
    if not shutil.which("setpriv"):
        return "no setpriv"
    if call(AS_NOBODY + [program, "--version"]).returncode != 0:
        return "another user cannot run the program here"
    return None


def start(server, client):
    line = [mpirun] + SWITCHES + ["-n", "1"] + AS_NOBODY + [laconic, "train", "--role", "server"] + server
    return call(line + [":", "-n", "3", laconic, "train", "--role", "client"] + client, environment=BETWEEN_USERS)


def tried(folder, name, keys, private):
    data = os.path.join(folder, "data.svm")
    train = ["--data", data, "--clients", "5", "--method", "dcgd", "--compressor", "permk", "--rounds", "12"]
    solo = os.path.join(folder, "solo-%s.h5" % name)
    run(train + ["--out", solo, "--quiet"])
    public = os.path.join(folder, "nobody", "public-%s.h5" % name)
    for path in [data] + keys:
        done = call(AS_NOBODY + ["cat", path])
        ok(done.returncode != 0 and "Permission denied" in done.stderr, "%s: it cannot read %s" % (name, os.path.basename(path)), done.stdout)
    words = ["--seal", keys[0]] if name == "seal" else ["--identity", os.path.join(folder, "site-{rank}.key"), "--roster", os.path.join(folder, "roster")]
    done = start(["--clients", "5", "--rounds", "12", "--out", public], train + words + ["--out-private", private, "--private-plain"])
    ok(done.returncode == 0 and digest(private) == digest(solo) is not None, "%s: the run ends with the digest of the run in one process" % name,
       done.stdout + done.stderr)
    ok(os.path.exists(public) and os.stat(public).st_uid == NOBODY, "and the public file is that user's")
    done = start(["--clients", "5", "--rounds", "12", "--data", data, "--out", public, "--force"], train + words)
    ok(done.returncode == 0, "a server that is given the name of the data does not open them", done.stderr)


def main():
    why = missing(laconic)
    if why:
        ok(True, "%s # SKIP %s" % (TITLE, why))
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        os.mkdir(os.path.join(folder, "nobody"))
        os.chown(os.path.join(folder, "nobody"), NOBODY, NOBODY)
        data, key = os.path.join(folder, "data.svm"), os.path.join(folder, "group.key")
        with open(os.open(data, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(data_rows())
        run([key], command="keygen")
        sites = [os.path.join(folder, "site-%d.key" % rank) for rank in (1, 2, 3)]
        with open(os.path.join(folder, "roster"), "w") as roster:
            roster.writelines(run(["--identity", path, "--name", "site-%d" % i], command="keygen").stdout for i, path in enumerate(sites, 1))
        tried(folder, "seal", [key], os.path.join(folder, "private-seal.h5"))
        tried(folder, "identity", sites, os.path.join(folder, "private-identity.h5"))


main()
finish()
