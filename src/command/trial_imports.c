/* Names that a shared object leaves to others: what makes runs allocate, or differ from machine to machine. */
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#include "command/trial.h"

/* Said of what is asked for most; whatever else is not `harmless` is told by its name alone. */
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
/* The same on every machine and in every run: of C and POSIX what works on bytes and texts in memory, on letters and whole numbers; of
   libm what is rounded correctly, in double and float (long double is another type on other machines); and what compilers put in. */
static const char harmless[] =
    " "
    /* bytes, letters, texts */
    "atof atoi atol atoll bcmp bcopy bzero __ctype_b_loc __ctype_tolower_loc "
    "__ctype_toupper_loc isalnum isalpha isblank iscntrl isdigit isgraph islower isprint "
    "ispunct isspace isupper isxdigit memccpy memchr memcmp memcpy memmem memmove mempcpy "
    "memrchr memset rawmemchr snprintf sprintf sscanf stpcpy stpncpy strcasecmp strcasestr "
    "strcat strchr strchrnul strcmp strcpy strcspn strlcat strlcpy strlen strncasecmp "
    "strncat strncmp strncpy strnlen strpbrk strrchr strsep strspn strstr strtod strtof "
    "strtoimax strtok_r strtol strtoll strtoul strtoull strtoumax tolower toupper vsnprintf "
    "vsprintf vsscanf "
    /* whole numbers */
    "abort abs bsearch div ffs ffsl ffsll imaxabs imaxdiv labs ldiv llabs lldiv qsort "
    /* of libm */
    "ceil ceilf copysign copysignf fabs fabsf fdim fdimf __finite __finitef floor floorf "
    "fma fmaf fmax fmaxf fmin fminf fmod fmodf __fpclassify __fpclassifyf frexp frexpf "
    "ilogb ilogbf __isinf __isinff __isnan __isnanf ldexp ldexpf llrint llrintf llround "
    "llroundf logb logbf lrint lrintf lround lroundf modf modff nearbyint nearbyintf "
    "nextafter nextafterf remainder remainderf remquo remquof rint rintf round roundeven "
    "roundevenf roundf scalbln scalblnf scalbn scalbnf __signbit __signbitf sqrt sqrtf "
    "trunc truncf "
    /* of compilers */
    "__assert_fail __cxa_finalize __errno_location __gmon_start__ "
    "_ITM_deregisterTMCloneTable _ITM_registerTMCloneTable __stack_chk_fail "
    "__stack_chk_guard __tls_get_addr ";
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

/* The name without what headers put around it (__strcat_chk, __isoc99_sscanf); its length. */
static size_t bare(const char *name, char *out, size_t capacity)
{
    static const char *const before[] = {"__isoc99_", "__isoc23_"};
    size_t length = strlen(name), skipped = 0;
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        size_t n = strlen(before[i]);
        skipped = strncmp(name, before[i], n) == 0 ? n : skipped;
    }
    if (length > 6 && strncmp(name, "__", 2) == 0 && strcmp(name + length - 4, "_chk") == 0) {
        skipped = 2;
        length -= 4;
    }
    length -= skipped;
    snprintf(out, capacity, "%.*s", (int)length, name + skipped);
    return length;
}

static bool is_harmless(const char *name)
{
    char word[64];
    size_t length = bare(name, word, sizeof word);
    const char *at = strstr(harmless, word);
    while (at && !(at > harmless && at[-1] == ' ' && at[length] == ' ')) {
        at = strstr(at + 1, word);
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
