/* Names that a shared object leaves to others: what makes runs allocate, or differ from machine to machine. */
#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "command/trial.h"

/* Said of what is asked for most; whatever else is not among `harmless` is told by its name alone. */
static const char *const memory[] = {"malloc",        "calloc",         "realloc",  "reallocarray",
                                     "aligned_alloc", "posix_memalign", "strdup",   "strndup",
                                     "asprintf",      "vasprintf",      "memalign", "valloc",
                                     "free",          "mmap",           NULL};
static const char *const libm[] = {
    "exp",   "exp2",  "exp10",  "expm1", "log",   "log2",   "log10",  "log1p",  "pow",    "sin",
    "cos",   "tan",   "sincos", "asin",  "acos",  "atan",   "atan2",  "sinh",   "cosh",   "tanh",
    "asinh", "acosh", "atanh",  "cbrt",  "hypot", "erf",    "erfc",   "tgamma", "lgamma", "expf",
    "logf",  "powf",  "sinf",   "cosf",  "tanhf", "log1pf", "expm1f", "log2f",  "exp2f",  "tanf",
    "coshf", "sinhf", "powl",   "expl",  "logl",  "j0",     "j1",     "y0",     "y1",     NULL};
static const char *const chance[] = {
    "rand",          "srand",        "random", "srandom", "drand48", "lrand48",
    "getrandom",     "getentropy",   "time",   "clock",   "times",   "gettimeofday",
    "clock_gettime", "timespec_get", "rand_r", "erand48", NULL};
/* The same on every machine and in every run: bytes and texts, numbers that are rounded correctly, and what compilers put in. */
static const char harmless[] =
    " memcpy memmove memset memcmp memchr mempcpy strlen strnlen strcmp strncmp strchr "
    "strrchr strstr strspn strcspn strpbrk strcpy strncpy stpcpy snprintf vsnprintf "
    "bsearch qsort abs abort sqrt sqrtf fabs fabsf floor floorf ceil ceilf trunc truncf "
    "round roundf rint rintf nearbyint lround lrint llround llrint fmin fminf fmax fmaxf "
    "fdim fmod remainder modf frexp ldexp scalbn scalbln copysign copysignf nextafter "
    "logb ilogb fma fmaf __isnan __isinf __finite __fpclassify __signbit __stack_chk_fail "
    "__assert_fail __memcpy_chk __memmove_chk __memset_chk __strcpy_chk __strncpy_chk "
    "__snprintf_chk __vsnprintf_chk __tls_get_addr __cxa_finalize __gmon_start__ "
    "_ITM_registerTMCloneTable _ITM_deregisterTMCloneTable ";
/* Of builds that watch themselves. */
static const char *const watched[] = {"__asan_", "__ubsan_", "__sanitizer_", "__gcov_", NULL};

static bool is_among(const char *const *names, const char *name)
{
    while (*names && strcmp(*names, name) != 0) {
        names++;
    }
    return *names != NULL;
}

/* Tables of the loader's: symbols below `count` are of others. */
struct symbols {
    const ElfW(Sym) * symbol;
    const char *text;
    size_t count;
};

/* What stands at an address of the loader's. */
static const void *table_at(ElfW(Addr) address)
{
    const void *table;
    memcpy(&table, &address, sizeof table);
    return table;
}

static struct symbols symbols_of(const ElfW(Dyn) * d)
{
    struct symbols s = {0};
    for (; d->d_tag != DT_NULL; d++) {
        switch (d->d_tag) {
        case DT_SYMTAB:
            s.symbol = table_at(d->d_un.d_ptr);
            break;
        case DT_STRTAB:
            s.text = table_at(d->d_un.d_ptr);
            break;
        case DT_GNU_HASH: /* buckets, the first symbol that is its own, ... */
            s.count = ((const uint32_t *)table_at(d->d_un.d_ptr))[1];
            break;
        case DT_HASH: /* buckets, all symbols, ... */
            s.count = s.count ? s.count : ((const uint32_t *)table_at(d->d_un.d_ptr))[1];
            break;
        default:
            break;
        }
    }
    return s;
}

/* The first of those names that the file wants, or NULL. */
static const char *wanted(const struct symbols *s, const char *const *names)
{
    for (size_t i = 1; s->symbol && s->text && i < s->count; i++) {
        const char *name = s->text + s->symbol[i].st_name;
        if (s->symbol[i].st_shndx == SHN_UNDEF && is_among(names, name)) {
            return name;
        }
    }
    return NULL;
}

static bool is_harmless(const char *name)
{
    size_t length = strlen(name);
    const char *at = strstr(harmless, name);
    while (at && !(at > harmless && at[-1] == ' ' && at[length] == ' ')) {
        at = strstr(at + 1, name);
    }
    return at != NULL;
}

static bool is_watched(const char *name)
{
    const char *const *prefix = watched;
    while (*prefix && strncmp(name, *prefix, strlen(*prefix)) != 0) {
        prefix++;
    }
    return *prefix != NULL;
}

/* The first name that is on no list, or NULL. */
static const char *unknown(const struct symbols *s)
{
    for (size_t i = 1; s->symbol && s->text && i < s->count; i++) {
        const char *name = s->text + s->symbol[i].st_name;
        bool is_told = is_among(memory, name) || is_among(libm, name) || is_among(chance, name);
        if (s->symbol[i].st_shndx == SHN_UNDEF && *name && !is_told && !is_harmless(name) &&
            !is_watched(name)) {
            return name;
        }
    }
    return NULL;
}

static void say(struct lac_trial *t, const char *name, const char *demand, const char *instead)
{
    lac_trial_say(t, !name, "%s%s%s%s%s", demand, name ? ": it calls " : "", name ? name : "",
                  name ? "; " : "", name ? instead : "");
}

void lac_trial_imports(struct lac_trial *t, const char *path)
{
    struct link_map *map;
    struct symbols s;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (!handle || dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) {
        lac_trial_say(t, false, "the file's table of symbols can be read");
        return;
    }
    s = symbols_of(map->l_ld);
    say(t, wanted(&s, memory), "it takes no memory of its own",
        "memory comes from the arena, in set-up (LAC_NEW)");
    say(t, wanted(&s, libm), "it calls no function of libm whose bits differ between machines",
        "lac_exp, lac_log, lac_pow, vec_exp and vec_softplus have one result everywhere");
    say(t, wanted(&s, chance), "its draws come from the run's seed",
        "lac_rng_init and lac_coin draw alike on all sides");
    say(t, unknown(&s),
        "all else that it calls gives the same everywhere: bytes, texts, sqrt, floor, ldexp and the like",
        "a function of laconic.h, or lines of its own, do without");
    (void)dlclose(handle);
}
