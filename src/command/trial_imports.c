/* Names that a shared object leaves to others: what makes runs allocate, or differ from machine to machine. */
#include <stdio.h>
#include <string.h>

#include "command/trial.h"
#include "plugin/plugin.h"

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

static bool is_memory(const char *name)
{
    return is_among(memory, name);
}

static bool is_libm(const char *name)
{
    return is_among(libm, name);
}

static bool is_chance(const char *name)
{
    return is_among(chance, name);
}

/* On no list. */
static bool is_unknown(const char *name)
{
    return !is_memory(name) && !is_libm(name) && !is_chance(name) && !is_harmless(name) &&
           !is_watched(name);
}

static void say(struct lac_trial *t, const char *path, bool (*is_sought)(const char *name),
                const char *demand, const char *instead)
{
    char name[LAC_SYMBOL] = "";
    lac_status status = lac_plugin_import(path, is_sought, name);
    if (status != LAC_OK) {
        lac_trial_say(t, false, "%s: the file %s", demand, lac_failure());
        return;
    }
    lac_trial_say(t, !*name, "%s%s%s%s%s", demand, *name ? ": it calls " : "", name,
                  *name ? "; " : "", *name ? instead : "");
}

void lac_trial_imports(struct lac_trial *t, const char *path)
{
    say(t, path, is_memory, "it takes no memory of its own",
        "memory comes from the arena, in set-up (LAC_NEW)");
    say(t, path, is_libm, "it calls no function of libm whose bits differ between machines",
        "lac_exp, lac_log, lac_pow, vec_exp and vec_softplus have one result everywhere");
    say(t, path, is_chance, "its draws come from the run's seed",
        "lac_rng_init and lac_coin draw alike on all sides");
    say(t, path, is_unknown,
        "all else that it calls gives the same everywhere: bytes, texts, sqrt, floor, ldexp and the like",
        "a function of laconic.h, or lines of its own, do without");
}
