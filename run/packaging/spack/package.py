"""Spack's recipe: `spack repo create DIR; cp package.py DIR/packages/laconic/; spack install laconic`."""

from spack.package import *


class Laconic(MesonPackage):
    """Distributed training that counts every bit: methods of compressed communication, over MPI."""

    license("MIT")

    # a checkout: `spack dev-build laconic@main` in the tree, or a version with an archive of one's own
    version("main", branch="main")

    variant("plots", default=False, description="gnuplot, for `laconic plot`")

    depends_on("c", type="build")
    depends_on("meson@1.0:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("python@3:", type="build")
    depends_on("mpi@3:")
    depends_on("hdf5@1.10: ~mpi")
    depends_on("libsodium@1.0.18:")
    depends_on("jansson")
    depends_on("xxhash")
    depends_on("gnuplot", when="+plots", type="run")

    def meson_args(self):
        return ["-Dtests=false", "-Dbench=false"]

    def setup_run_environment(self, env):
        env.set("LACONIC_ROOT", self.prefix)

    @run_after("install")
    @on_package_attributes(run_tests=True)
    def check_program(self):
        laconic = Executable(join_path(self.prefix.bin, "laconic"))
        laconic("train", "--rounds", "10", "--quiet")
        laconic("test-plugin", "--built-in")
