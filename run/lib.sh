# Shared by the scripts in run/: packages, the build, the environment of mpirun.
# A script sets `name` (for messages) and `top` (the project's folder), then reads this file.

say() {
    printf '%s\n' "$*"
}

die() {
    printf '%s: %s\n' "$name" "$*" >&2
    exit 1
}

# missing PART...: the packages of these parts that are neither installed nor stood in for.
missing() {
    for part in "$@"; do
        sed 's/#.*//' "$top/run/packages" | while read -r group package command; do
            [ "$group" = "$part" ] || continue
            [ -n "$command" ] && command -v "$command" >/dev/null 2>&1 && continue
            status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || status=
            [ "$status" = installed ] || printf '%s ' "$package"
        done
    done
}

# apt_get ARGUMENT...: apt-get as root, its output kept for the case that it fails.
apt_get() {
    as_root=
    if [ "$(id -u)" != 0 ]; then
        if sudo -n true 2>/dev/null; then
            as_root='sudo -n'
        elif command -v sudo >/dev/null 2>&1 && [ -t 0 ]; then
            as_root=sudo
        else
            die "not installed:$packages. Neither root nor sudo is at hand; let an administrator run:" \
                "apt-get install -y --no-install-recommends$packages"
        fi
    fi
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >"$apt_log" 2>&1
}

# install_missing PART...: what is missing, and nothing else; silent when nothing is.
install_missing() {
    if ! command -v apt-get >/dev/null 2>&1; then
        for command in cc meson ninja pkg-config mpirun; do
            command -v "$command" >/dev/null 2>&1 ||
                die "no apt-get here and no '$command': install what run/packages lists in your system's way"
        done
        return 0
    fi
    packages=$(missing "$@")
    [ -n "$packages" ] || return 0
    packages=" ${packages% }"
    say "Installing what is missing (apt, about a minute):$packages"
    apt_log=$(mktemp)
    apt_get update || say "apt-get update had errors; trying to install all the same"
    if ! apt_get install --no-install-recommends $packages; then
        tail -n 20 "$apt_log" >&2
        rm -f "$apt_log"
        die "apt-get could not install:$packages (its last lines stand above)"
    fi
    rm -f "$apt_log"
}

# build DIR [MESON OPTION]...: configured once, then incremental; output only where something fails.
build() {
    directory=$1
    shift
    if [ ! -f "$directory/build.ninja" ]; then
        say "Configuring $(basename "$directory")"
        log=$(mktemp)
        if ! meson setup "$directory" "$top" "$@" >"$log" 2>&1; then
            grep -A 2 ERROR "$log" >&2 || tail -n 20 "$log" >&2
            rm -f "$log"
            die "the configuration failed (see above, and meson-logs/meson-log.txt in $directory)"
        fi
        rm -f "$log"
        say "Building $(basename "$directory") (about a minute the first time)"
    fi
    ninja -C "$directory" --quiet || die "the build failed in $directory"
}

# mpi_environment RANKS: what mpirun needs here, no more, and nothing that the user has set.
mpi_environment() {
    mpirun=mpirun
    command -v mpirun.openmpi >/dev/null 2>&1 && mpirun=mpirun.openmpi
    command -v "$mpirun" >/dev/null 2>&1 || die "no mpirun: install openmpi-bin"
    if [ "$(id -u)" = 0 ]; then # Open MPI refuses root unless told twice
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    fi
    cores=$(lscpu -p=CORE,SOCKET 2>/dev/null | grep -v '^#' | sort -u | wc -l)
    processors=$(nproc)
    [ "$cores" -gt 0 ] && [ "$cores" -lt "$processors" ] || cores=$processors
    if [ "$cores" -lt "$1" ]; then # more ranks than cores: allow it, and let ranks move
        export OMPI_MCA_rmaps_base_oversubscribe="${OMPI_MCA_rmaps_base_oversubscribe-1}"
        export OMPI_MCA_hwloc_base_binding_policy="${OMPI_MCA_hwloc_base_binding_policy-none}"
    fi
}
